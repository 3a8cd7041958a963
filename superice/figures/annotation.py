"""Annotate panels: letters, legends, ticks, best values and the fine-scale band."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from superice.figures.style import TRUTH, spell_experiment

if TYPE_CHECKING:
    import pandas as pd

FINE_BAND_KM = (6, 20)  # of the fine-scale ratio


@dataclass(frozen=True)
class ScoreAxis:
    """How a panel shows a score.

    Attributes
    ----------
    label : str
        Name of the score with its unit.
    best : float, optional
        The best value, drawn as a dotted line.
    limits : tuple of float, optional
        Range of the axis.
    """

    label: str
    best: float | None = None
    limits: tuple[float, float] | None = None


def letter_panels(axes: Iterable[Axes]) -> None:
    """Write (a), (b), … before the titles, in the order given."""
    for letter, axis in zip(_generate_letters(), axes):
        title = axis.get_title(loc="left") or axis.get_title()
        axis.set_title("")
        axis.set_title(f"({letter}) {title}", loc="left")


def _generate_letters() -> Iterator[str]:
    """Generate a, b, …, z, aa, ab, …, zz."""
    yield from string.ascii_lowercase
    for first in string.ascii_lowercase:
        for second in string.ascii_lowercase:
            yield first + second


def make_legend_keys(colours: Mapping[str, str], dates: Mapping[str, int] | None = None) -> list[Line2D]:
    """Return the keys of a legend that names what each colour stands for.

    ``dates`` are the numbers of dates of experiments: the legend tells those that have fewer than others.
    """
    dates = dates or {}
    most = max(dates.values(), default=0)
    labels = {
        name: spell_experiment(name) + (f" ({dates[name]} dates)" if dates.get(name, most) < most else "")
        for name in colours
    }
    return [Line2D([], [], color=colour, marker=".", label=labels[name]) for name, colour in colours.items()]


def count_dates(rows: pd.DataFrame, column: str = "dates") -> dict[str, int]:
    """Return the number of dates of each experiment: the largest of its rows in a column."""
    return rows.groupby("experiment", sort=False)[column].max().dropna().astype(int).to_dict()


def name_line_styles(figure: Figure, axis: Axes, title: str) -> None:
    """Draw a legend of an axis' labelled line styles below the panels, in grey because all experiments share them."""
    styles = {str(line.get_label()): line.get_linestyle() for line in axis.lines}
    labelled = {label: style for label, style in styles.items() if not label.startswith("_")}
    keys = [Line2D([], [], color="0.3", ls=style, label=label) for label, style in labelled.items()]
    figure.legend(handles=keys, title=title, title_fontsize=7, loc="outside lower center", ncols=len(keys))


def mark_value(axis: Axes, y: float | None) -> None:
    """Draw a dotted horizontal line, usually at the best value of a score; nothing for None."""
    if y is not None:
        axis.axhline(y, color=TRUTH, lw=0.7, ls=":")


def shade_band(axis: Axes, band_km: tuple[float, float]) -> None:
    """Shade a band of wavelengths in km."""
    axis.axvspan(*band_km, color="0.93", lw=0)


def label_ticks(axis: Axes, ticks: Sequence[float]) -> None:
    """Set and label the ticks of the x axis, without minor ticks."""
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.minorticks_off()


def name_band(members: int, percent: float) -> str:
    """Name the band of a central share of the members; with too few members for it, it spans all of them."""
    outside = (1 - percent / 100) / 2 * (members + 1)  # ranks on either side
    return f"members, central {percent:g} %" if outside >= 1 - 1e-9 else f"all {members} members"
