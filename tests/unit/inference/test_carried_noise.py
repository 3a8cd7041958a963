"""Noise that drifts with the ice: white on every date, however the ice has moved, and at home in its ice."""

import math
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pyproj
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from superice.fields.grid import Grid
from superice.fields.motion import join_motion, make_nodes
from superice.inference.carried_noise import CarriedNoise, carry_layers, weigh_layers

DAYS = 10
FIRST = date.fromordinal(DAYS * (date(2023, 1, 10).toordinal() // DAYS))  # a day on which noise is laid
CPU = torch.device("cpu")
INNER, MARGINS = (60, 50), (3, 3, 2, 2)
SHAPE = (INNER[0] + 4, INNER[1] + 6)
GRID = Grid("g", pyproj.CRS("EPSG:3413"), 3000.0 * np.arange(INNER[1]), 3000.0 * np.arange(INNER[0]))


def make_motion(velocity):
    """Return the motion of a velocity, (2, y, x) at the nodes or (rows, columns) everywhere, from FIRST on."""
    field = np.broadcast_to(
        np.asarray(velocity, float).reshape(2, *np.shape(velocity)[1:] or (1, 1)), (2, *make_nodes(GRID).shape)
    )
    return join_motion(GRID, {FIRST + timedelta(day): field for day in range(4 * DAYS)})


def shear_and_spread(seed, size):
    """Return a velocity that deforms the ice by about ``size`` a day, in waves and with cracks along lines."""
    random = np.random.default_rng(seed)
    y, x = np.meshgrid(*(np.arange(count) for count in make_nodes(GRID).shape), indexing="ij")
    waves = np.stack([np.sin(random.uniform(0.2, 1) * x + random.uniform(0.2, 1) * y + part) for part in (0, 1)])
    jumps = (x > x.mean()) * random.uniform(-1, 1, (2, 1, 1))
    return 16 * size * (waves + jumps)


def draw(day, motion, member=3, seed=7):
    return CarriedNoise(seed, day, [member], CPU, carry_layers(motion, day, DAYS, SHAPE, MARGINS))


def correlate(one, other):
    return float(np.corrcoef(np.ravel(one), np.ravel(other))[0, 1])


@given(elapsed=st.integers(0, 400), days=st.integers(1, 60))
def test_a_date_has_the_last_two_layers_with_squares_that_sum_to_one(elapsed, days):
    day = FIRST + timedelta(elapsed)
    layers = weigh_layers(day, days)
    assert sum(weight**2 for _, weight in layers) == pytest.approx(1)
    assert all(timedelta(0) <= day - laid < timedelta(2 * days) for laid, _ in layers)


@settings(max_examples=4)
@given(seed=st.integers(0, 99), size=st.floats(0, 0.3), elapsed=st.integers(10, 25))
def test_every_pixel_has_a_variance_of_one_and_shares_no_number(seed, size, elapsed):
    """The noise is linear in independent normal numbers: that it is white and standard is known without drawing."""
    day = FIRST + timedelta(elapsed)
    carried = carry_layers(make_motion(shear_and_spread(seed, size)), day, DAYS, SHAPE, MARGINS)
    pixels = SHAPE[0] * SHAPE[1]
    variance = carried.own.double() ** 2
    for layer in carried.layers:
        # A cell is in one pixel: two pixels have nothing in common.
        assert layer.target.shape == (4 * (SHAPE[0] + 2 * 64) * (SHAPE[1] + 2 * 64),)
        variance += layer.factor.double() ** 2 * torch.bincount(layer.target, minlength=pixels + 1)[:pixels]
    assert variance.numpy() == pytest.approx(1, abs=1e-6)


def test_drawn_fields_are_standard_normal_and_white():
    noise = draw(FIRST + timedelta(25), make_motion(shear_and_spread(1, 0.1)))
    fields = np.stack([noise()[0, 0].numpy() for _ in range(40)])
    assert fields.shape[1:] == SHAPE
    for moment, expected, tolerance in ((1, 0, 0.01), (2, 1, 0.02), (3, 0, 0.04), (4, 3, 0.1)):  # of 140,000 numbers
        assert np.mean(fields**moment) == pytest.approx(expected, abs=tolerance)
    assert fields.var(axis=0, ddof=1).mean() == pytest.approx(1, abs=0.02)
    for axis in range(3):
        later, earlier = np.delete(fields, 0, axis), np.delete(fields, -1, axis)
        assert abs(correlate(later, earlier)) < 0.01
    power = np.mean(np.abs(np.fft.fft2(fields, norm="ortho")) ** 2, axis=0)
    bands = [band.mean() for axis in (0, 1) for band in np.array_split(power, 4, axis)]
    assert bands == pytest.approx(np.ones(8), abs=0.03)


@pytest.mark.parametrize("lag", [1, 4, 7])
def test_noise_moves_with_the_ice(lag):
    """Whole pixels, so that only the fading of the layers is left: cos cos + sin sin within a period."""
    motion, day = make_motion((1.0, 2.0)), FIRST + timedelta(12)
    today, later = (draw(one, motion)()[0, 0].numpy() for one in (day, day + timedelta(lag)))
    followed = correlate(today[:-lag, : -2 * lag], later[lag:, 2 * lag :])
    assert followed == pytest.approx(math.cos(math.pi / 2 * lag / DAYS), abs=0.04)
    assert abs(correlate(today, later)) < 0.06


def test_noise_of_still_ice_stays():
    motion, day = make_motion((0.0, 0.0)), FIRST + timedelta(11)
    today, later = (draw(one, motion)()[0, 0] for one in (day, day + timedelta(3)))
    assert correlate(today, later) == pytest.approx(math.cos(0.3 * math.pi / 2), abs=0.04)


def test_members_seeds_and_draws_differ_and_a_member_depends_on_no_other():
    motion, day = make_motion(shear_and_spread(2, 0.1)), FIRST + timedelta(13)
    fields = [draw(day, motion, *one)()[0, 0] for one in ((3, 7), (4, 7), (3, 8))]
    assert all(abs(correlate(one, other)) < 0.06 for one, other in pairwise(fields))
    pair = CarriedNoise(7, day, [4, 3], CPU, carry_layers(motion, day, DAYS, SHAPE, MARGINS))
    first, second = pair(), pair()
    assert torch.equal(first[1, 0], fields[0])
    assert abs(correlate(first[1, 0], second[1, 0])) < 0.06


def test_pixels_that_no_ice_has_drifted_to_have_noise_of_their_own():
    apart = np.zeros((2, *make_nodes(GRID).shape))
    apart[1, :, make_nodes(GRID).shape[1] // 2 :] = 12.0  # a gap opens
    motion = make_motion(apart)
    carried = carry_layers(motion, FIRST + timedelta(19), DAYS, SHAPE, MARGINS)
    own = carried.own.numpy().reshape(SHAPE)
    assert 0.05 < own.mean() < 0.9 and set(np.unique(own)) == {0.0, 1.0}
    fields = CarriedNoise(7, FIRST + timedelta(19), range(30), CPU, carried)()[:, 0].numpy()
    assert fields[:, own == 1].var() == pytest.approx(1, abs=0.05)


def test_a_date_depends_on_no_later_motion():
    motion, day = make_motion(shear_and_spread(4, 0.1)), FIRST + timedelta(13)
    known = motion.days <= np.datetime64(day)
    until = replace(motion, days=motion.days[known], velocity=motion.velocity[:, known])
    assert torch.equal(draw(day, motion)(), draw(day, until)())
    assert not torch.equal(draw(day, motion)(), draw(day, make_motion((0.0, 0.0)))())


def test_one_unknown_day_costs_little_of_the_memory():
    """Of waves of 0.3 pixels a day, the same on all days: interpolated, the unknown day is as it was."""
    motion, day = make_motion(shear_and_spread(5, 0.02)), FIRST + timedelta(13)
    known = motion.days != np.datetime64(day - timedelta(2))
    gap = replace(motion, days=motion.days[known], velocity=motion.velocity[:, known])
    assert torch.equal(draw(day, motion)(), draw(day, gap)())
