"""Thin ice against closed forms and brute force."""

from datetime import date

import numpy as np
import pytest

from superice.evaluation.date_scores import score_date
from superice.evaluation.settings import ScoreSettings
from superice.evaluation.thin_ice import sum_fractions, thickness_quantiles

DAY = date(2023, 1, 4)


def skill(forecast, event, mask, width):
    difference, worst = sum_fractions(forecast, event, mask, width, [mask])[0]
    return 1 - difference / worst


def band(first, width, size=128):
    columns = np.arange(size)
    return np.ones((size, 1), bool) & (columns >= first) & (columns < first + width)


def overlap(lag, width):
    """Pixels that two runs of ``width`` pixels share, ``lag`` apart."""
    return max(width - abs(lag), 0)


@pytest.mark.parametrize("displacement", [0, 3, 8, 20])
@pytest.mark.parametrize("width", [1, 5, 11, 21])
def test_fractions_skill_of_a_displaced_band(displacement, width):
    everywhere = np.ones((128, 128), bool)
    # Fractions of a band are the band smoothed by the box: the score is their autocorrelation at the displacement.
    at = lambda lag: sum(overlap(lag - k, 8) * overlap(k, width) for k in range(-width, width + 1))
    found = skill(band(50 + displacement, 8), band(50, 8), everywhere, width)
    assert found == pytest.approx(at(displacement) / at(0), abs=1e-9)


def test_fractions_are_taken_over_the_ice_alone():
    random = np.random.default_rng(0)
    forecast, event, mask = (random.random((14, 12)) < share for share in (0.4, 0.3, 0.7))
    difference = worst = 0.0
    for row, column in np.argwhere(mask):
        box = slice(max(row - 2, 0), row + 3), slice(max(column - 2, 0), column + 3)
        shares = [field[box][mask[box]].mean() for field in (forecast, event)]
        difference += (shares[0] - shares[1]) ** 2
        worst += shares[0] ** 2 + shares[1] ** 2
    assert sum_fractions(forecast, event, mask, 5, [mask])[0] == pytest.approx((difference, worst))


def test_parts_of_the_ice_add_up_to_it():
    """Around a pixel is all ice, whatever part of it the pixel belongs to."""
    random = np.random.default_rng(0)
    field, event = random.gamma(2, 1, (64, 64)), random.random((64, 64)) < 0.3
    everywhere, left = np.ones((64, 64), bool), np.zeros((64, 64), bool)
    left[:, :20] = True
    whole, part, rest = sum_fractions(field < 1, event, everywhere, 9, [everywhere, left, ~left])
    assert whole == pytest.approx(part + rest)


def test_an_ensemble_is_scored_by_its_probability():
    truth = np.where(band(50, 8), 0.2, 2.0)
    members = np.stack([truth, np.where(band(90, 8), 0.2, 2.0)])
    settings = ScoreSettings(thin_ice_m=(0.5,), fractions_widths_km=(3.0,))
    found = score_date(members, truth, members[1], DAY, 3.0, settings).fractions_skill
    # Half right, half wrong: difference 2 * 0.25, worst 2 * 0.25 + 1, a band each.
    assert found.values.ravel() == pytest.approx([1 - 0.5 / 1.5, 0])


def test_quantiles_of_an_even_distribution():
    thickness = np.linspace(0, 4, 401)
    assert thickness_quantiles(thickness, (0.01, 0.1, 0.5)) == pytest.approx([0.04, 0.4, 2.0])


def test_quantiles_of_a_normal_ensemble():
    random = np.random.default_rng(0)
    truth = 2 + 0.5 * random.standard_normal((200, 200))
    members = 2 + 0.25 * random.standard_normal((3, 200, 200))
    scores = score_date(members, truth, truth, DAY, 3.0)
    tenth = scores.thickness_quantile.sel(region="ice", source=["truth", "generated"]).values[:, 3]
    assert tenth == pytest.approx([2 - 1.2816 * 0.5, 2 - 1.2816 * 0.25], abs=0.01)


def test_thin_ice_of_truth_members_and_low_resolution():
    truth = np.full((64, 64), 2.0)
    members = np.stack([truth] * 2)
    truth[:16] = 0.1
    members[0, :8] = 0.1
    scores = score_date(members, truth, np.full((64, 64), 2.0), DAY, 3.0)
    assert scores.thin_fraction.sel(region="ice").to_series().to_dict() == {
        "truth": 0.25,
        "generated": 1 / 16,
        "low_resolution": 0,
    }


def test_share_of_thin_ice_is_a_share_of_the_area():
    """Half of the pixels are thin; they have a third of the area, since the others are twice as large on the Earth."""
    truth = np.ones((64, 64))
    truth[:, :32] = 0.1
    cell_area = np.where(truth < 0.3, 4e6, 8e6)
    scores = score_date(truth[None], truth, truth, DAY, 3.0, cell_area=cell_area)
    assert scores.thin_fraction.values == pytest.approx(np.full((3, 1), 1 / 3))
    assert score_date(truth[None], truth, truth, DAY, 3.0).thin_fraction.values == pytest.approx(np.full((3, 1), 0.5))
