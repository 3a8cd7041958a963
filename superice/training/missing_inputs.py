"""Hide inputs of training samples as products miss them, for networks that take inputs which are partly missing.

neXtSIM knows every field wherever there is ice. Products do not: a file is absent for a day, drift lacks whole cells along
coasts and around the pole, and thickness and concentration end before the ice does.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from superice.seasons import NEIGHBOURS
from superice.training.input_noise import PIXEL_KM
from superice.training.settings import MissingInputs

CELL_KM = {"deformation": 62.5, "sit": 25.0, "sic": 12.5}  # of the products
HIDDEN_BY_LINE = (0.1, 0.6)  # fractions of a sample
HIDDEN_BY_HOLE = (0.02, 0.3)


def count_cell_pixels(name: str, pixel_km: float) -> int:
    """Return the side of a cell of an input's product in pixels."""
    return max(1, round(CELL_KM[name] / pixel_km))


def draw_side_of_line(shape: tuple[int, int], cell: int, random: np.random.Generator) -> np.ndarray:
    """Draw the cells on one side of a random line, which hold most of a sample: bool (y, x).

    ``cell`` is the side of a cell in pixels. The sample begins anywhere within a cell.
    """
    cell_row, cell_column = _place_in_cells(shape, cell, random)
    angle = random.uniform(0, 2 * np.pi)
    distance = np.cos(angle) * cell_row[:, None] + np.sin(angle) * cell_column[None]
    fewest, most = HIDDEN_BY_LINE
    return distance <= np.quantile(distance, random.uniform(1 - most, 1 - fewest))


def draw_outside_of_hole(shape: tuple[int, int], cell: int, random: np.random.Generator) -> np.ndarray:
    """Draw the cells outside of a round hole at a random place: bool (y, x); ``cell`` as in ``draw_side_of_line``."""
    cell_row, cell_column = _place_in_cells(shape, cell, random)
    row, column = (random.choice(cells) for cells in (cell_row, cell_column))
    distance = np.hypot(cell_row[:, None] - row, cell_column[None] - column)
    return distance > np.quantile(distance, random.uniform(*HIDDEN_BY_HOLE))


def _place_in_cells(shape: tuple[int, int], cell: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the cell of each row and of each column of a sample that begins anywhere within a cell."""
    rows, columns = shape
    return (
        (np.arange(rows) + random.integers(cell)) // cell,
        (np.arange(columns) + random.integers(cell)) // cell,
    )


def draw_known(
    name: str, missing: MissingInputs, shape: tuple[int, int], random: np.random.Generator, pixel_km: float = PIXEL_KM
) -> np.ndarray | None:
    """Draw where a sample of ``shape`` (y, x) knows an input, bool (y, x); None where it knows all of it.

    Unknown are all pixels, those beyond a line of the product's cells, or those in a hole of such cells.
    """
    draw = random.random()
    everywhere, in_part = (getattr(missing, f"{name}_{where}", 0.0) for where in ("everywhere", "in_part"))
    if draw < everywhere:
        return np.zeros(shape, bool)
    if draw >= everywhere + in_part:
        return None
    draw_part = draw_side_of_line if random.integers(2) else draw_outside_of_hole
    return draw_part(shape, count_cell_pixels(name, pixel_km), random)


def hide_inputs(
    context: Tensor,
    target: Tensor,
    names: tuple[str, ...],
    missing: MissingInputs,
    random: np.random.Generator,
    pixel_km: float = PIXEL_KM,
) -> tuple[Tensor, Tensor]:
    """Hide inputs of a sample at random.

    Nothing is drawn without a thickness: where it is hidden, the whole sample is masked.

    Parameters
    ----------
    context
        (channel, y, x), as ``Normalisation.normalise_inputs`` returns it for inputs that are partly missing.
    target
        (1, y, x).
    names
        Of the inputs.
    missing
        How often.
    random
        What is drawn from.
    pixel_km
        The grid spacing.
    """
    context = context.clone()
    rows, columns = context.shape[1:]
    for number, name in enumerate(names):
        known = draw_known(name, missing, (rows, columns), random, pixel_km)
        if known is None:
            continue
        kept = torch.from_numpy(known).to(context.dtype)
        if name == "sit":
            context, target = context * kept, target * kept
        else:
            context[number] *= kept
            context[len(names) + number] *= kept
    neighbours = [number for number, name in enumerate(names) if name in NEIGHBOURS]
    if neighbours and random.random() < missing.neighbours_everywhere:
        for number in neighbours:
            context[number] = context[len(names) + number] = 0
    return context, target
