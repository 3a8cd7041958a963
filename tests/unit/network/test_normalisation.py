"""Merged moments against the direct computation, and the round trip of the target."""

from dataclasses import asdict, replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superice.errors import InputError
from superice.features.day import Features
from superice.network.normalisation import (
    VARIABLES,
    Moments,
    Normalisation,
    compute_moments,
    compute_quantities,
    floor_log_deformation,
)


@given(st.lists(st.lists(st.floats(-1e3, 1e3), max_size=30), min_size=1, max_size=6))
def test_merged_moments_equal_the_direct_ones(parts):
    merged = Moments()
    for part in parts:
        merged = merged.merge(Moments.from_values(np.array(part)))
    values = np.concatenate([np.array(part) for part in parts])
    assert merged.n == values.size
    if values.size:
        assert merged.mean == pytest.approx(values.mean(), rel=1e-6, abs=1e-6)
        assert merged.deviation == pytest.approx(values.std(), rel=1e-6, abs=1e-6)


def some_day(seed, day=date(2020, 1, 1), shape=(12, 10)):
    random = np.random.default_rng(seed)
    field = lambda low, high: random.uniform(low, high, shape).astype(np.float32)
    features = Features(day, field(0, 1), field(0, 4), field(-1e-6, 1e-6), field(0, 1e-6), field(0, 4))
    features.sit[0, :3] = np.nan
    return features


def test_statistics_of_days_equal_those_of_all_their_pixels():
    days = [some_day(seed) for seed in range(4)]
    merged = Normalisation.from_days((compute_moments(day, 1e-4) for day in days), 1e-4, 0.15)
    increments = np.concatenate([(d.truth - d.sit)[d.mask] for d in days]).astype(np.float64)
    deformation = np.concatenate([d.deformation[d.mask] for d in days])
    assert merged.pixels == increments.size
    assert merged.deviation["increment"] == pytest.approx(increments.std(), rel=1e-6)
    assert merged.mean["log_deformation"] == pytest.approx(np.log10(deformation * 86400).mean(), rel=1e-5)


def test_masked_pixels_are_zero_after_normalisation():
    day = some_day(1)
    normalisation = Normalisation.from_days([compute_moments(day, 1e-4)], 1e-4, 0.15)
    inputs = normalisation.normalise_inputs(compute_quantities(day), ("sic", "sit", "deformation"))
    assert inputs.shape == (4, 12, 10)
    assert inputs.dtype == np.float32
    assert (inputs[:, ~day.mask] == 0).all()
    assert np.isfinite(inputs).all()
    assert inputs[1][day.mask].mean() == pytest.approx(0, abs=1e-5)
    assert inputs[1][day.mask].std() == pytest.approx(1, abs=1e-5)


def test_target_and_thickness_are_inverse():
    day = some_day(2)
    normalisation = Normalisation.from_days([compute_moments(day, 1e-4)], 1e-4, 0.15)
    target = normalisation.normalise_target(compute_quantities(day))
    assert target[day.mask].std() == pytest.approx(1, abs=1e-4)
    back = normalisation.compute_thickness(target, day.sit)
    assert np.allclose(back[day.mask], day.truth[day.mask], atol=1e-4)


def test_ice_at_rest_has_the_floor_for_deformation():
    day = some_day(3)
    day.divergence[0, 5], day.shear[0, 5] = 0, 0
    day.divergence[1, 5], day.shear[1, 5] = 1 / 86400, 0
    day.sic[:2, 5] = 1
    log_deformation = compute_quantities(day)["log_deformation"]
    assert log_deformation[:2, 5].tolist() == pytest.approx([-np.inf, 0], abs=1e-6)
    assert floor_log_deformation(log_deformation, 1e-4)[:2, 5].tolist() == pytest.approx([-4, 0], abs=1e-6)
    assert np.array_equal(np.isnan(floor_log_deformation(log_deformation, 1e-4)), ~day.mask)


def test_days_without_ice_give_no_normalisation():
    empty = {name: asdict(Moments()) for name in VARIABLES}
    for days in ([empty], []):  # days without ice, and days without files
        with pytest.raises(
            InputError, match=r"^no training day holds ice with all inputs: missing\.csv of the run names"
        ):
            Normalisation.from_days(days, 1e-4, 0.15)


def test_partly_missing_inputs_have_a_channel_each_that_says_where_they_are_known():
    day = some_day(1)
    normalisation = Normalisation.from_days([compute_moments(day, 1e-4)], 1e-4, 0.15)
    names = ("sic", "sit", "deformation")
    day.shear[3], day.sic[:, 4] = np.nan, np.nan
    partly = replace(day, partly_missing=True)
    inputs = normalisation.normalise_inputs(compute_quantities(partly), names, partly_missing=True)
    assert inputs.shape == (7, 12, 10)
    mask = inputs[6] == 1
    assert np.array_equal(mask, partly.mask) and mask[3].any() and mask[:, 4].any()
    known = [np.isfinite(day.sic), np.isfinite(day.sit), np.isfinite(day.deformation)]
    for number, of_input in enumerate(known):
        assert np.array_equal(inputs[3 + number] == 1, mask & of_input)
        assert (inputs[number][~of_input] == 0).all()
    common = normalisation.normalise_inputs(compute_quantities(day), names)
    assert np.array_equal(inputs[:3, day.mask], common[:3, day.mask])
