"""Draw power spectra and coherence with the truth (report, Fig. 10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from superice.evaluation.tables import read_scores
from superice.figures.annotation import FINE_BAND_KM, label_ticks, letter_panels, shade_band
from superice.figures.style import (
    LOW,
    LOW_RESOLUTION,
    MEMBERS,
    PAGE_WIDTH,
    TRUTH,
    apply_style,
    draw_notice,
    format_date,
)

NO_SPECTRUM = "No date has an all-ice window large enough for a spectrum."
TICKS_KM = (200, 100, 50, 20, 10, 6)


def draw_from_files(scores: Sequence[Path]) -> Figure:
    """Read the scores of some dates and draw their spectra."""
    return draw_spectra([read_scores(path) for path in scores])


def draw_spectra(days: Sequence[xr.Dataset], title: str = "") -> Figure:
    """Draw the spectra of the low-resolution field, the truth and every member, one column for each date.

    The panels below show the coherence of the members and of the low-resolution field with the truth. ``days`` are
    the scores of single dates; dates without a spectrum are left out.
    """
    shown = [scores for scores in days if scores.sizes["wavenumber"]]
    if not shown:
        return draw_notice(NO_SPECTRUM)
    with apply_style():
        figure, axes = plt.subplots(
            2, len(shown), figsize=(PAGE_WIDTH, 5.0), sharex=True, sharey="row", squeeze=False, height_ratios=(3, 2)
        )
        for (upper, lower), scores in zip(axes.T, shown, strict=True):
            day = format_date(date.fromisoformat(scores.attrs["date"]))
            wavelength = 1 / scores.wavenumber.values
            _draw_power(upper, wavelength, scores)
            _draw_coherence(lower, wavelength, scores)
            for axis in (upper, lower):
                _set_wavelengths(axis, wavelength)
            lower.set_xlabel("wavelength (km)")
            upper.set_title(f"power, {day}")
            lower.set_title("coherence with the truth")
        # This must wait until all panels are drawn: setting a limit ends the autoscaling of the shared axis.
        axes[0, 0].set_ylim(bottom=min(float(scores.power_truth.min()) for scores in shown) / 30)
        axes[0, 0].set_ylabel("power (m$^2$)")
        axes[0, 0].legend(loc="upper right")
        axes[1, 0].set_ylabel("squared coherence (1)")
        axes[1, 0].legend(loc="upper right")
        figure.suptitle(title, fontsize=9)
        letter_panels(axes.flat)
    return figure


def _draw_power(axis: Axes, wavelength: np.ndarray, scores: xr.Dataset) -> None:
    for number, member in enumerate(scores.power_members.values):
        label = None if number else f"{scores.sizes['member']} members"
        axis.loglog(wavelength, member, color=MEMBERS, alpha=0.35, lw=0.7, label=label)
    axis.loglog(wavelength, scores.power_truth.values, color=TRUTH, label="truth")
    axis.loglog(wavelength, scores.power_low_resolution.values, color=LOW_RESOLUTION, label=LOW)


def _draw_coherence(axis: Axes, wavelength: np.ndarray, scores: xr.Dataset) -> None:
    generated, low = scores.coherence.values
    axis.semilogx(wavelength, generated, color=MEMBERS, label="mean of members")
    axis.semilogx(wavelength, low, color=LOW_RESOLUTION, label=LOW)
    axis.set_ylim(0, 1)


def _set_wavelengths(axis: Axes, wavelength: np.ndarray) -> None:
    """Set the axis of wavelengths, the longest on the left, and shade the band of the fine-scale ratio."""
    shortest, longest = wavelength.min(), wavelength.max()
    shade_band(axis, FINE_BAND_KM)
    axis.set_xlim(longest, shortest)
    label_ticks(axis, [tick for tick in TICKS_KM if shortest <= tick <= longest])
