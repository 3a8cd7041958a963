"""The daily climatology of thickness, a baseline of the forecasts."""

from __future__ import annotations

from datetime import date

import numpy as np
from scipy.ndimage import uniform_filter1d
from tqdm import tqdm

from superice.errors import InputError
from superice.surrogate.store import Record

DAYS = 366
LEAP_DAY = 59  # 29 February


def day_of_year(day: date) -> int:
    """Return a number from 0 for 1 January to 365 for 31 December, as in a leap year."""
    return date(2000, day.month, day.day).timetuple().tm_yday - 1


def compute_climatology(record: Record, window_days: int = 1) -> np.ndarray:
    """Compute the mean thickness of every day of the year, m, (366, y, x), NaN on land.

    Each mean is taken over the ``window_days`` around its day. Without a leap year 29 February has the mean of
    28 February. Raises InputError when the record lacks another day, and for a window that has no day in its middle.
    """
    if window_days % 2 == 0:
        raise InputError("the window of the climatology must be an odd number of days", value=window_days)
    total, count = np.zeros((DAYS, *record.sea.shape), np.float32), np.zeros(DAYS)
    for index in tqdm(range(record.length), desc="climatology", unit="step"):
        day = day_of_year(record.time_at(index))
        total[day] += record.read_field("sit", index)
        count[day] += 1
    if window_days > 1:
        total = uniform_filter1d(total, window_days, axis=0, mode="wrap")
        count = uniform_filter1d(count, window_days, mode="wrap")
    with np.errstate(invalid="ignore"):
        mean = total / count[:, None, None]
    if not count[LEAP_DAY]:
        mean[LEAP_DAY] = mean[LEAP_DAY - 1]
    missing = count == 0
    if np.delete(missing, LEAP_DAY).any():
        raise InputError("the years of the climatology do not cover every day", value=int(missing.sum()))
    return mean
