"""Inputs that a sample lacks: as often as configured, in cells of the products, and never without the network being told."""

import numpy as np
import pytest
import torch

from superice.errors import InputError
from superice.network.settings import INPUTS
from superice.training.missing_inputs import (
    CELL_KM,
    count_cell_pixels,
    draw_known,
    draw_outside_of_hole,
    draw_side_of_line,
)
from superice.training.samples import Crop, Days, Samples
from superice.training.settings import MissingInputs, TrainingSettings
from superice.utils.settings import build_settings

NEVER = MissingInputs(**dict.fromkeys(MissingInputs.model_fields, 0.0))


@pytest.fixture
def days(stored_days, normalisation):
    return Days(stored_days, normalisation, INPUTS, partly_missing=True)


def draw_samples(days, missing, count=20):
    samples = Samples(days, Crop((32, 32), rotate_and_flip=True, missing_inputs=missing), 8, count, seed=0, epoch=0)
    return [samples[n] for n in range(count)]


@pytest.mark.parametrize(("name", "number"), [("sic", 0), ("deformation", 2)])
def test_a_hidden_input_is_zero_and_said_to_be_unknown_and_nothing_else_changes(days, name, number):
    half = {f"{name}_everywhere": 0.5, f"{name}_in_part": 0.5}
    hidden_shares = []
    for (whole, target), (left, kept) in zip(
        draw_samples(days, NEVER), draw_samples(days, MissingInputs(**vars(NEVER) | half))
    ):
        known, was_known = left[3 + number] == 1, whole[3 + number] == 1
        assert torch.equal(was_known, whole[-1] == 1), "the model knows all inputs wherever there is ice"
        assert (left[number][~known] == 0).all()
        assert torch.equal(left[number][known], whole[number][known])
        others = [channel for channel in range(7) if channel not in (number, 3 + number)]
        assert torch.equal(left[others], whole[others]) and torch.equal(kept, target)
        hidden_shares.append(float((was_known & ~known).sum() / was_known.sum()))
    assert min(hidden_shares) < 0.7 and hidden_shares.count(1.0) in range(4, 17)


def test_without_a_thickness_nothing_is_drawn_and_nothing_is_known(days):
    for (_, target), (left, kept) in zip(
        draw_samples(days, NEVER), draw_samples(days, MissingInputs(**vars(NEVER) | {"sit_in_part": 1.0}))
    ):
        masked = left[-1] == 0
        assert masked.any() and not masked.all()
        assert (left[:, masked] == 0).all() and (kept[0, masked] == 0).all()
        assert torch.equal(kept[0, ~masked], target[0, ~masked])


def test_inputs_are_missing_as_often_as_configured():
    random, count = np.random.default_rng(0), 4000
    missing = MissingInputs(deformation_everywhere=0.2, deformation_in_part=0.3)
    drawn = [draw_known("deformation", missing, (48, 48), random) for _ in range(count)]
    everywhere = sum(known is not None and not known.any() for known in drawn) / count
    whole = sum(known is None for known in drawn) / count
    tolerance = 4 * np.sqrt(0.25 / count)  # four standard deviations
    assert everywhere == pytest.approx(0.2, abs=tolerance) and whole == pytest.approx(0.5, abs=tolerance)


@pytest.mark.parametrize("draw", [draw_side_of_line, draw_outside_of_hole])
@pytest.mark.parametrize("cell", [count_cell_pixels(name, 3.0) for name in CELL_KM])
def test_gaps_consist_of_whole_cells(draw, cell):
    """Within a cell nothing changes: rows and columns at which the gap begins or ends are a cell apart."""
    for seed in range(20):
        known = draw((96, 80), cell, np.random.default_rng(seed))
        assert 0 < known.mean() < 1
        for field in (known, known.T):
            changes = np.flatnonzero((field[1:] != field[:-1]).any(axis=1))
            assert len(set(changes % cell)) <= 1


def test_a_mask_beyond_a_line_is_drawn_as_ever():
    """Trainings that mask parts of their samples see the samples that they always saw."""
    random = np.random.default_rng(5)
    row, column = ((np.arange(size) + random.integers(21)) // 21 for size in (64, 96))
    angle = random.uniform(0, 2 * np.pi)
    distance = np.cos(angle) * row[:, None] + np.sin(angle) * column[None]
    expected = distance <= np.quantile(distance, random.uniform(0.4, 0.9))
    assert np.array_equal(draw_side_of_line((64, 96), 21, np.random.default_rng(5)), expected)


def test_more_than_all_samples_cannot_miss_an_input():
    stated = {"missing_inputs": {"sic_everywhere": 0.6, "sic_in_part": 0.5}}
    with pytest.raises(InputError, match="sic_everywhere and sic_in_part together exceed 1"):
        build_settings(TrainingSettings, stated, "training")
