"""The choice of the factor of a sampler's noise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superice.errors import InputError
from superice.evaluation.noise_scale import CRPS_TOLERANCE, LARGEST, SMALLEST, choose_noise_scale


@given(ratio=st.floats(0.5, 1.9), power=st.floats(0.5, 1.5))
def test_the_spread_equals_the_error_with_the_factor_that_is_chosen(ratio, power):
    """Wherever the spread grows with a power of the factor and the CRPS does not decide."""
    judge = lambda scale: {"crps": 0.12, "spread_skill": ratio * scale**power, "fine_variance_ratio": np.nan}
    chosen, tried = choose_noise_scale(judge)
    exact = ratio ** (-1 / power)
    if SMALLEST + 0.01 < exact < LARGEST - 0.01:
        assert chosen == pytest.approx(exact, abs=0.01)
    assert chosen == round(chosen, 2)
    assert min(tried) <= chosen <= max(tried)


@given(ratio=st.floats(0.4, 2.0), best=st.floats(0.6, 1.8), curvature=st.floats(0.02, 2.0))
def test_a_spread_that_costs_crps_is_not_chosen(ratio, best, curvature):
    crps_of = lambda scale: 0.1 * (1 + curvature * (scale - best) ** 2)
    chosen, tried = choose_noise_scale(
        lambda scale: {"crps": crps_of(scale), "spread_skill": ratio * scale, "fine_variance_ratio": 1.0}
    )
    lowest = min(scores["crps"] for scores in tried.values())
    assert crps_of(chosen) <= (1 + CRPS_TOLERANCE) * lowest + 1e-12


@given(spread=st.floats(0.7, 1.3), fine=st.floats(0.6, 1.6), power=st.floats(1.5, 4))
def test_fine_scales_that_grow_faster_than_the_spread_decide_before_it(spread, fine, power):
    """With ratios s x and f x^p, p > 1, the sum of |ln| is lowest where fine scales are right, on whichever side of 1."""
    judge = lambda scale: {"crps": 0.12, "spread_skill": spread * scale, "fine_variance_ratio": fine * scale**power}
    chosen, tried = choose_noise_scale(judge)
    assert chosen == pytest.approx(fine ** (-1 / power), abs=0.02)
    assert min(tried) <= chosen <= max(tried)


@pytest.mark.parametrize(
    ("spread", "cost", "tried"),
    [(0.85, 0, [1.0, 1.1, 1.2]), (1.12, 0, [1.0, 0.9, 0.8]), (0.5, 1, [1.0, 1.1])],
    ids=["until the spread is crossed upwards", "downwards", "until the CRPS forbids more"],
)
def test_no_more_factors_are_tried_than_are_needed(spread, cost, tried):
    """Each costs the ensembles of all validation days."""
    judge = lambda scale: {"crps": 0.1 * scale**cost, "spread_skill": spread * scale, "fine_variance_ratio": 1.0}
    assert list(choose_noise_scale(judge)[1]) == tried


@pytest.mark.parametrize("ratio", [0.0, np.nan])
def test_members_that_do_not_differ_have_no_factor(ratio):
    with pytest.raises(InputError, match=r"sampler\.noise_scale: .*a number is needed"):
        choose_noise_scale(lambda scale: {"crps": 0.1, "spread_skill": ratio, "fine_variance_ratio": 1.0})
