"""Scores against closed forms and an independent library."""

from datetime import date

import numpy as np
import pytest
import scoringrules
from scipy.ndimage import gaussian_filter, uniform_filter

from superice.errors import InputError
from superice.files import write_dataset
from superice.score_tables import daily, summary, table
from superice.scores import ScoreSettings, fair_crps, rank_counts, score_date, spread_skill

DAY = date(2023, 1, 4)
SHAPE = (96, 96)


def smooth(seed, sigma=2.0):
    field = gaussian_filter(np.random.default_rng(seed).standard_normal(SHAPE), sigma, mode="wrap")
    return 1.5 + 0.5 * field / field.std()


def test_identical_fields_have_no_error_and_ratios_of_one():
    truth = smooth(0)
    scores = score_date(np.stack([truth] * 5), truth, truth, DAY, 3.0)
    assert scores.rmse.values == pytest.approx([0, 0], abs=1e-7)
    assert scores.crps.values == pytest.approx([0, 0], abs=1e-7)
    for name in ("variability", "fine_scale", "medium_scale"):
        assert scores[name].values == pytest.approx([1, 1])


def test_a_constant_error_is_bias_rmse_and_crps():
    truth = smooth(0)
    scores = score_date(np.stack([truth + 0.2] * 4), truth, truth - 0.1, DAY, 3.0)
    for name in ("rmse", "crps"):
        assert scores[name].values == pytest.approx([0.2, 0.1])
    assert scores.bias.values == pytest.approx([0.2, -0.1])


def test_white_noise_raises_the_fine_scale_ratio_by_the_computed_amount():
    truth = smooth(0, sigma=0.6)
    random = np.random.default_rng(1)
    members = truth + 0.1 * random.standard_normal((30, *SHAPE))
    scores = score_date(members, truth, truth, DAY, 3.0)
    wavenumber, power = scores.wavenumber.values, scores.power_truth.values
    band = (wavenumber > 1 / 20) & (wavenumber <= 1 / 6)
    # The power of white noise of variance v is v a mode, in the unit in which the modes of the truth sum to its variance.
    noise = score_date(0.1 * random.standard_normal((30, *SHAPE)), truth, truth, DAY, 3.0).power_members.values.mean(0)
    expected = np.mean(1 + noise[band] / power[band])
    assert float(scores.fine_scale.sel(field="generated")) == pytest.approx(expected, rel=0.05)


def test_a_smoothed_field_has_less_variability_and_fine_scale():
    truth = smooth(0, sigma=1.0)
    scores = score_date(np.stack([truth, truth]), truth, uniform_filter(truth, 9, mode="wrap"), DAY, 3.0)
    assert float(scores.variability.sel(field="low_resolution")) < 0.5
    assert float(scores.fine_scale.sel(field="low_resolution")) < 0.1


def exchangeable(members=30, points=200_000, seed=0):
    """Truth and members from one distribution around a common centre."""
    random = np.random.default_rng(seed)
    centre = random.standard_normal(points)
    draw = lambda n: centre + 0.7 * random.standard_normal((n, points))
    return draw(members), draw(1)[0]


def test_a_perfect_ensemble_has_spread_skill_one_and_the_known_ratio_of_errors():
    members, truth = exchangeable()
    square_error = np.mean((members.mean(0) - truth) ** 2)
    assert spread_skill(members.var(0, ddof=1).mean(), square_error, 30) == pytest.approx(1, abs=0.01)
    ratio = np.sqrt(np.mean((members - truth) ** 2) / square_error)
    assert ratio == pytest.approx(np.sqrt(2 / (1 + 1 / 30)), abs=0.01)


def test_rank_histogram_of_a_perfect_ensemble_is_flat():
    members, truth = exchangeable(members=9, points=50_000)
    counts = rank_counts(members, truth, np.random.default_rng(0))
    assert counts.sum() == 50_000
    assert np.abs(counts / 5000 - 1).max() < 0.06


def test_ties_are_ranked_at_random():
    counts = rank_counts(np.zeros((4, 10_000)), np.zeros(10_000), np.random.default_rng(0))
    assert np.abs(counts / 2000 - 1).max() < 0.1


@pytest.mark.parametrize("members", [2, 5, 30])
def test_fair_crps_agrees_with_scoringrules(members):
    random = np.random.default_rng(2)
    ensemble, truth = random.gamma(2, 1, (members, 500)), random.gamma(2, 1, 500)
    expected = scoringrules.crps_ensemble(truth, ensemble, m_axis=0, estimator="fair")
    assert fair_crps(ensemble, truth) == pytest.approx(expected, rel=1e-9)


def test_only_pixels_that_all_fields_have_are_scored():
    truth = smooth(0)
    members, low = np.stack([truth + 1.0] * 3), truth.copy()
    members[1, :10] = np.nan
    low[:, :5] = np.nan
    scores = score_date(members, truth, low, DAY, 3.0)
    assert int(scores.n_pixels) == (96 - 10) * (96 - 5)
    assert float(scores.rmse_domain[0]) == pytest.approx(np.sqrt(86 * 91 / 96**2))


def test_a_day_without_ice_is_not_a_number():
    nothing = np.full(SHAPE, np.nan)
    scores = score_date(np.stack([nothing] * 3), nothing, nothing, DAY, 3.0)
    assert int(scores.n_pixels) == 0
    assert np.isnan(scores.rmse).all()


def test_fields_of_different_shapes_are_refused():
    with pytest.raises(InputError, match="different shapes"):
        score_date(np.zeros((3, 8, 8)), np.zeros((8, 9)), np.zeros((8, 8)), DAY, 3.0)


def test_tables_gather_dates_and_leave_out_empty_ones(tmp_path):
    paths = []
    for n, error in enumerate((0.1, 0.3, None)):
        truth = smooth(0) if error else np.full(SHAPE, np.nan)
        members = np.stack([truth + (error or 0)] * 3)
        scores = score_date(members, truth, truth + 0.4, date(2023, 1, 1 + n), 3.0, ScoreSettings())
        scores.attrs |= {"branch": "model", "experiment": "e", "split": "test"}
        paths.append(tmp_path / f"{n}.nc")
        write_dataset(paths[-1], scores)
    days = daily(paths)
    assert len(days) == 6
    result = table(days, {"e": {"passes": 7}}).set_index("field")
    assert result.dates.tolist() == [2, 2]
    assert result.rmse["generated"] == pytest.approx(0.2)
    assert result.rmse_gain_percent["generated"] == pytest.approx(50)
    assert result.passes["generated"] == 7
    assert "model, test, 2 dates" in summary(result.reset_index())
