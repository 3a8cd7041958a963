"""Give all figures one look: fonts, sizes, colours that colour-blind readers can tell apart, and saving."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from superice.utils.files import atomic_path

PAGE_WIDTH = 7.1  # inches: the text width of a page
DOTS_PER_INCH = 180

TRUTH = "#000000"
LOW_RESOLUTION = "#E69F00"
MEMBERS = "#0072B2"
# Five colours of Okabe and Ito (2008), then three of Tol (2021) that can be told apart from them.
EXPERIMENTS = ("#0072B2", "#D55E00", "#CC79A7", "#009E73", "#999933", "#332288", "#56B4E9", "#882255")
# Nearly every run has these experiments. They keep their colour in every figure.
USUAL = dict(zip(("preconditioned", "reference", "deterministic", "correlated_noise", "cubic"), EXPERIMENTS))
LOW = "low-resolution field"
NOTHING = "No date was scored: nothing to draw."
FEW_POINTS = 5  # of a curve
LAND = "0.62"
COAST = "0.25"
NO_DATA = "0.93"

_RC_PARAMS: dict[Any, Any] = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 1.2,
    "figure.constrained_layout.use": True,
    "savefig.dpi": DOTS_PER_INCH,
    "pdf.fonttype": 42,
}


@contextmanager
def apply_style() -> Iterator[None]:
    """Apply the style while a figure is made."""
    with plt.rc_context(_RC_PARAMS):
        yield


def choose_colours(names: Iterable[str]) -> dict[str, str]:
    """Return a colour for each experiment.

    The usual experiments have colours of their own. The others share the remaining colours, in alphabetical order.
    """
    names = sorted(set(names))
    usual = {name: USUAL[name] for name in names if name in USUAL}
    remaining = [colour for colour in EXPERIMENTS if colour not in usual.values()] or EXPERIMENTS
    others = [name for name in names if name not in USUAL]
    return usual | {name: remaining[number % len(remaining)] for number, name in enumerate(others)}


def spell_experiment(name: str) -> str:
    """Return an experiment's name for a legend or a title."""
    return name.replace("_", " ")


def mark_few(points: int) -> str | None:
    """Return the marker of a curve: a dot where it has few points, as a curve of one would not be seen; else none."""
    return "." if points < FEW_POINTS else None


def format_date(day: date) -> str:
    """Return a date as in 12 April 2022."""
    return f"{day.day} {day:%B %Y}"


def draw_notice(text: str) -> Figure:
    """Draw a figure that only says why there is nothing to draw."""
    with apply_style():
        figure = plt.figure(figsize=(PAGE_WIDTH, 1.2))
        figure.text(0.5, 0.5, text, ha="center", va="center")
    return figure


def save_figure(figure: Figure, png: str | Path, pdf: str | Path | None = None) -> None:
    """Write a figure as PNG, and as PDF where a file is named, and close it.

    The files hold no date, so equal figures are equal files.
    """
    files: list[tuple[str | Path, dict[str, Any]]] = [(png, {"Software": None})]
    if pdf is not None:
        files.append((pdf, {"CreationDate": None, "Creator": None}))
    with apply_style():
        for path, metadata in files:
            with atomic_path(path) as temporary:
                figure.savefig(temporary, metadata=metadata, bbox_inches="tight", pad_inches=0.05)
    plt.close(figure)
