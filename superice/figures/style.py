"""One look for all figures: fonts, colours that colour-blind readers can tell apart, scales of the fields, saving."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import cmocean  # noqa: F401  registers the colour maps cmo.*
import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from superice.utils.files import atomic_path

PAGE_WIDTH = 7.1  # inches: the text width of a page
DOTS_PER_INCH = 180

TRUTH = "#000000"
LOW_RESOLUTION = "#E69F00"
# Five of Okabe and Ito (2008), then three of Tol (2021) that stay apart from them.
EXPERIMENTS = ("#0072B2", "#D55E00", "#CC79A7", "#009E73", "#999933", "#332288", "#56B4E9", "#882255")
# Those that nearly every run has keep their colour in every figure, whatever stands beside them.
USUAL = dict(zip(("preconditioned", "reference", "deterministic", "correlated_noise", "cubic"), EXPERIMENTS))
LOW = "low-resolution field"
NOTHING = "No date was scored: nothing to draw."
LAND = "0.62"
COAST = "0.25"
NO_DATA = "0.93"

_LOOK = {
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


@dataclass(frozen=True)
class FieldStyle:
    """How a field is drawn: its label with the unit, colour map, and scale."""

    label: str
    colours: str
    scale: Normalize

    @property
    def extend(self) -> str:
        """Which ends of the colour bar stand for values beyond it."""
        return (
            "neither" if self.label.startswith(("concentration", "mask")) else "max" if self.scale.vmin == 0 else "both"
        )


def concentration_style() -> FieldStyle:
    return FieldStyle("concentration (1)", "cmo.ice", Normalize(0, 1))


def deformation_style() -> FieldStyle:
    return FieldStyle("deformation (day$^{-1}$)", "cmo.amp", LogNorm(1e-3, 1))


def strain_rate_style(name: str, limit: float) -> FieldStyle:
    """Of a strain rate, on a scale from 0 to ``limit``, or symmetric about 0 where the limit is negative."""
    signed = limit < 0
    scale = Normalize(limit, -limit) if signed else Normalize(0, limit)
    return FieldStyle(f"{name} (day$^{{-1}}$)", "cmo.balance" if signed else "cmo.amp", scale)


def thickness_style(fields: Iterable[np.ndarray]) -> FieldStyle:
    """One scale for all the thickness fields of a figure: from 0 to their 99.5th percentile, in steps of 0.5 m."""
    return FieldStyle("thickness (m)", "cmo.ice", Normalize(0, _top(fields, 99.5, 0.5)))


def spread_style(fields: Iterable[np.ndarray]) -> FieldStyle:
    """One scale for all the spread fields of a figure: from 0 to their 99th percentile, in steps of 0.1 m."""
    return FieldStyle("spread (m)", "cmo.amp", Normalize(0, _top(fields, 99, 0.1)))


def _top(fields: Iterable[np.ndarray], percentile: float, step: float) -> float:
    values = [field[np.isfinite(field)] for field in fields]
    tops = [np.percentile(v, percentile) for v in values if v.size]
    return max(np.ceil(max(tops, default=0) / step), 1) * step


@contextmanager
def apply_style() -> Iterator[None]:
    """The style in force while a figure is made."""
    with plt.rc_context(_LOOK):
        yield


def experiment_colours(names: Iterable[str]) -> dict[str, str]:
    """A colour for each experiment: the usual ones have their own, the others take what these leave, by the alphabet."""
    names = sorted(set(names))
    usual = {name: USUAL[name] for name in names if name in USUAL}
    left = [colour for colour in EXPERIMENTS if colour not in usual.values()] or EXPERIMENTS
    others = [name for name in names if name not in USUAL]
    return usual | {name: left[number % len(left)] for number, name in enumerate(others)}


def legend_keys(colours: Mapping[str, str]) -> list[Line2D]:
    """The keys of a legend that names what each colour stands for."""
    return [Line2D([], [], color=colour, marker=".", label=spell_experiment(name)) for name, colour in colours.items()]


def spell_experiment(name: str) -> str:
    """An experiment's name in a legend or a title."""
    return name.replace("_", " ")


def letter_panels(axes: Iterable[Axes]) -> None:
    """Write (a), (b), … before the titles, in the order given."""
    for letter, axis in zip(_letters(), axes):
        title = axis.get_title(loc="left") or axis.get_title()
        axis.set_title("")
        axis.set_title(f"({letter}) {title}", loc="left")


def _letters() -> Iterator[str]:
    yield from string.ascii_lowercase
    yield from (f"{first}{second}" for first in string.ascii_lowercase for second in string.ascii_lowercase)


def name_line_styles(figure: Figure, axis: Axes, title: str) -> None:
    """A legend of an axis' labelled line styles below the panels, in grey: all experiments share them."""
    keys = [
        Line2D([], [], color="0.3", ls=line.get_linestyle(), label=line.get_label())
        for line in {line.get_label(): line for line in axis.lines}.values()
        if not line.get_label().startswith("_")
    ]
    figure.legend(handles=keys, title=title, title_fontsize=7, loc="outside lower center", ncols=len(keys))


def format_date(day: date) -> str:
    """12 April 2022."""
    return f"{day.day} {day:%B %Y}"


def draw_notice(text: str) -> Figure:
    """A figure that only says why there is nothing to draw."""
    with apply_style():
        figure = plt.figure(figsize=(PAGE_WIDTH, 1.2))
        figure.text(0.5, 0.5, text, ha="center", va="center")
    return figure


def save_figure(figure: Figure, png: str | Path, pdf: str | Path) -> None:
    """Write a figure as PNG and PDF, and close it. No date goes into the files, so equal figures are equal files."""
    with apply_style():
        for path, metadata in ((png, {"Software": None}), (pdf, {"CreationDate": None, "Creator": None})):
            with atomic_path(path) as temporary:
                figure.savefig(temporary, metadata=metadata, bbox_inches="tight", pad_inches=0.05)
    plt.close(figure)
