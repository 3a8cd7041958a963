"""The noise of members: streams of their own, and a memory from date to date that changes no single date."""

import math
from datetime import date, timedelta
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from superice.inference.noise import MemberNoise, member_seed, weigh_days

DAY, SHAPE, CPU = date(2023, 1, 10), (120, 100), torch.device("cpu")


def draw(day=DAY, member=3, memory_days=0.0, seed=7):
    return MemberNoise(seed, day, [member], SHAPE, CPU, memory_days)()[0, 0]


def correlate(one, other):
    return float(torch.corrcoef(torch.stack([one.flatten(), other.flatten()]))[0, 1])


def test_a_date_alone_is_white_noise_of_its_own_seed():
    stream = torch.Generator().manual_seed(member_seed(7, DAY, 3))
    assert torch.equal(draw(), torch.randn((1, *SHAPE), generator=stream)[0])


def test_members_days_and_seeds_differ():
    seeds = {member_seed(s, date(2020, 1, d), m) for s in (0, 1) for d in (1, 2) for m in (0, 1)}
    assert len(seeds) == 8
    assert abs(correlate(draw(member=0, memory_days=3.0), draw(member=1, memory_days=3.0))) < 0.03


@given(memory_days=st.floats(0.01, 60))
def test_the_squares_of_the_weights_sum_to_one(memory_days):
    weights = weigh_days(memory_days)
    assert sum(weight**2 for weight in weights) == pytest.approx(1)
    assert weights == sorted(weights, reverse=True)


@pytest.mark.parametrize("memory_days", [1.0, 4.0])
def test_the_noise_of_a_date_keeps_its_distribution_and_forgets_as_its_weights_say(memory_days):
    """12,000 pixels give a correlation to about 0.01."""
    weights = weigh_days(memory_days)
    today = draw(memory_days=memory_days)
    assert float(today.var()) == pytest.approx(1, abs=0.05)
    for lag in (1, 3, 7, len(weights)):
        expected = sum(one * other for one, other in zip(weights, weights[lag:]))
        earlier = draw(DAY - timedelta(lag), memory_days=memory_days)
        assert correlate(today, earlier) == pytest.approx(expected, abs=0.03)
    after_one_day = sum(one * other for one, other in pairwise(weights))
    assert after_one_day == pytest.approx(math.exp(-1 / memory_days), abs=0.02)


def test_every_draw_of_a_member_is_new_and_depends_on_its_date_alone():
    noise = MemberNoise(7, DAY, [3, 4], SHAPE, CPU, 2.0)
    first, second = noise(), noise()
    assert abs(correlate(first[0], second[0])) < 0.03
    again = MemberNoise(7, DAY, [4], SHAPE, CPU, 2.0)
    again()
    assert torch.equal(again()[0], second[1])
