"""Draw the losses of the trainings in every epoch (report, Fig. 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from superice.figures.annotation import letter_panels
from superice.figures.style import PAGE_WIDTH, apply_style, choose_colours, mark_few, spell_experiment

KINDS = ("noise", "image")


def draw_from_files(histories: Sequence[Path]) -> Figure:
    """Read the histories of trainings, ``training/<experiment>/seed<k>/history.csv``, and draw their losses."""
    tables = {}
    for path in histories:
        experiment, seed = path.parents[1].name, int(path.parent.name.removeprefix("seed"))
        tables[experiment, seed] = pd.read_csv(path)
    return draw_training_losses(tables)


def draw_training_losses(histories: Mapping[tuple[str, int], pd.DataFrame]) -> Figure:
    """Draw the losses of the noise and of the image in every epoch, one column for each experiment.

    ``histories`` holds, by (experiment, seed), tables with the columns ``epoch``,
    ``<training|validation>_<noise|image>_loss`` and ``validation_samples``, the number of samples in the losses.
    """
    experiments = list(dict.fromkeys(experiment for experiment, _ in histories))
    colours = choose_colours(experiments)
    with apply_style():
        figure, axes = plt.subplots(2, len(experiments), figsize=(PAGE_WIDTH, 4.2), sharex="col", squeeze=False)
        for column, experiment in zip(axes.T, experiments, strict=True):
            seeds = [history for (name, _), history in histories.items() if name == experiment]
            for axis, kind in zip(column, KINDS, strict=True):
                _draw_losses(axis, seeds, kind, colours[experiment])
                axis.set_title(f"{spell_experiment(experiment)}: {kind} error")
            column[-1].set_xlabel("epoch")
            column[-1].xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
            column[0].legend()
        for axis in axes[:, 0]:
            axis.set_ylabel("mean squared error (1)")
        letter_panels(axes.flat)
    return figure


def _draw_losses(axis: Axes, histories: Sequence[pd.DataFrame], kind: str, colour: str) -> None:
    """Draw the losses of all seeds; only the first one enters the legend, with its number of validation samples."""
    for number, history in enumerate(histories):
        first = number == 0
        training, validation = history[f"training_{kind}_loss"], history[f"validation_{kind}_loss"]
        style: dict[str, Any] = {"color": colour, "marker": mark_few(len(history))}
        axis.plot(history.epoch, training, alpha=0.5, lw=0.9, label="training" if first else None, **style)
        axis.plot(history.epoch, validation, ls="--", label=_label_validation(history) if first else None, **style)
    axis.set_yscale("log")


def _label_validation(history: pd.DataFrame) -> str:
    """Return the legend's entry of the validation losses; a history of an older version does not say its samples."""
    if "validation_samples" not in history or history.empty:
        return "validation"
    return f"validation, {history.validation_samples.iloc[-1]:.0f} samples"
