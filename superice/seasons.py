"""Freezing seasons, splits and the days that belong to them (report, section 2)."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NoReturn

from superice.errors import InputError

SPLITS = ("training", "validation", "test")
# Inputs that are the concentration of another day, and on which side of the date it lies.
NEIGHBOURS = {"sic_before": -1, "sic_after": 1}


@dataclass(frozen=True)
class Season:
    """One freezing season, first and last day included."""

    first: date
    last: date

    @property
    def name(self) -> str:
        """The year in which the season begins, as text."""
        return str(self.first.year)

    def days(self, every: int = 1) -> list[date]:
        """Return every ``every``-th day, counted from the first."""
        return [self.first + timedelta(n) for n in range(0, (self.last - self.first).days + 1, every)]


@dataclass(frozen=True)
class Period:
    """From the first to the last day, every ``every``-th day of each freezing season, counted from the season's first day.

    Periods that begin on different days thus share their days, and a period that is extended keeps those that it had.
    """

    first: date
    last: date
    every: int = 1


@dataclass(frozen=True)
class Calendar:
    """The days of a run.

    Attributes
    ----------
    opening, closing
        (month, day) of the first and the last day of a freezing season.
    splits
        Periods of training, validation and test; a split that is not used is absent.
    observations
        Period of the observed branch, or None.
    gaps
        Days that no source has.
    """

    opening: tuple[int, int]
    closing: tuple[int, int]
    splits: dict[str, Period]
    observations: Period | None
    gaps: frozenset[date] = frozenset()

    @classmethod
    def from_mapping(cls, section: dict) -> Calendar:
        """Build from the section ``calendar`` of the configuration.

        Raises InputError naming the key for an invalid date, a period that ends before it begins, a period without
        a day of a freezing season, and splits that overlap.
        """
        opening = _parse_month_day(section["season"]["first"], "calendar.season.first")
        closing = _parse_month_day(section["season"]["last"], "calendar.season.last")
        periods = {}
        for name in (*SPLITS, "observations"):
            if section.get(name):
                periods[name] = _parse_period(section[name], section["every"], f"calendar.{name}")
        observations = periods.pop("observations", None)
        calendar = cls(
            opening=opening,
            closing=closing,
            splits=periods,
            observations=observations,
            gaps=frozenset(_parse_day(text, "calendar.gaps") for text in section["gaps"]),
        )
        calendar._check_periods()
        return calendar

    def _check_periods(self) -> None:
        """Raise InputError for a period without a day of a freezing season, and for splits that overlap."""
        # Errors begin with the key of a single value, so that the file which states it can be named.
        named = dict(self.splits) | ({"observations": self.observations} if self.observations else {})
        for name, period in named.items():
            if not self._list_days(period):
                season = f"{_format(self.opening)} to {_format(self.closing)}"
                stated = f"{period.first} to {period.last}"
                raise InputError(f"calendar.{name}.first: no day of a freezing season ({season}) lies from {stated}")
        ordered = sorted(self.splits.items(), key=lambda item: item[1].first)
        for (name, before), (following, after) in itertools.pairwise(ordered):
            if after.first <= before.last:
                raise InputError(
                    f"calendar.{following}.first: {after.first} lies before calendar.{name} ends on {before.last}"
                )

    def _find_seasons(self, period: Period) -> list[Season]:
        """Return the freezing seasons that share a day with a period, in order."""
        found = []
        for year in range(period.first.year - 1, period.last.year + 1):
            opens = date(year, *self.opening)
            closes = date(year + (self.closing < self.opening), *self.closing)
            if opens <= period.last and closes >= period.first:
                found.append(Season(opens, closes))
        return found

    def _list_days(self, period: Period) -> list[date]:
        """Return the days of a period that lie in a freezing season, without the gaps, in order."""
        return [
            day
            for season in self._find_seasons(period)
            for day in season.days(period.every)
            if period.first <= day <= period.last and day not in self.gaps
        ]

    def split_days(self, split: str) -> list[date]:
        """Return the days of a split; none when it is not used."""
        return self._list_days(self.splits[split]) if split in self.splits else []

    def model_days(self) -> list[date]:
        """Return the days of all splits, in order."""
        return sorted(day for split in self.splits for day in self.split_days(split))

    def observed_days(self) -> list[date]:
        """Return the days of the observed branch."""
        return self._list_days(self.observations) if self.observations else []

    def refuse_day(self, stamp: str, branch: str) -> NoReturn:
        """Raise InputError for a day, YYYYMMDD, that a branch does not have: with its periods, steps and nearest day."""
        try:
            day = date.fromisoformat(stamp)
        except ValueError as error:
            raise InputError("calendar: no date (YYYYMMDD)", value=stamp) from error
        days = self.model_days() if branch == "model" else self.observed_days()
        if not days:
            keys = " or ".join(f"calendar.{name}" for name in (SPLITS if branch == "model" else ("observations",)))
            raise InputError(f"calendar: {day} is no day of the branch {branch}, which has none; {keys} names its days")
        periods = {"observations": self.observations} if branch == "observations" else self.splits
        described = "; ".join(self._describe_days(name, period) for name, period in periods.items() if period)
        nearest = min(days, key=lambda other: abs(other - day))
        raise InputError(f"calendar: {day} is no day of the branch {branch} ({described}); the nearest is {nearest}")

    def describe(self) -> list[str]:
        """Return a sentence for each split and the observations: its days, how they are counted, and what is left out."""
        periods = dict(self.splits)
        if self.observations:
            periods["observations"] = self.observations
        return [self._describe_period(name, period) for name, period in periods.items()]

    def _describe_days(self, name: str, period: Period) -> str:
        days = self._list_days(period)
        count = "1 day" if len(days) == 1 else f"{len(days)} days"
        described = f"{name}: {count}, {days[0]} to {days[-1]}"
        if period.every > 1:
            described += f"; every {period.every} days counted from the season's first day, {_format(self.opening)}"
        return described

    def _describe_period(self, name: str, period: Period) -> str:
        parts = [self._describe_days(name, period)]
        length = (period.last - period.first).days + 1
        frozen = sum(
            (min(season.last, period.last) - max(season.first, period.first)).days + 1
            for season in self._find_seasons(period)
        )
        if frozen < length:
            season = f"{_format(self.opening)} to {_format(self.closing)}"
            parts.append(
                f"{length - frozen} of the {length} days from {period.first} to {period.last} "
                f"lie outside the freezing season ({season})"
            )
        return "; ".join(parts)

    def find_split(self, day: date) -> str | None:
        """Return the split with ``day`` in its period, None when there is none."""
        for split, period in self.splits.items():
            if period.first <= day <= period.last:
                return split
        return None

    def periods(self) -> dict[str, tuple[str, str]]:
        """Return the first and last day of every split and of the observations, as YYYY-MM-DD."""
        periods = dict(self.splits)
        if self.observations:
            periods["observations"] = self.observations
        return {name: (period.first.isoformat(), period.last.isoformat()) for name, period in periods.items()}

    def seasons(self) -> list[Season]:
        """Return every season that shares a day with a split or the observations, in order."""
        periods = [*self.splits.values()] + ([self.observations] if self.observations else [])
        seasons = {season for period in periods for season in self._find_seasons(period)}
        return sorted(seasons, key=lambda season: season.first)

    def find_season(self, day: date) -> Season:
        """Return the season of ``day``. Raises InputError for a day outside the freezing seasons."""
        for season in self._find_seasons(Period(day, day)):
            if season.first <= day <= season.last:
                return season
        raise InputError(f"{day} lies in no freezing season")


def find_neighbours(day: date, distance: int) -> dict[str, date]:
    """Return the days ``distance`` days before and after a day by the names of ``NEIGHBOURS``; none of a distance of 0."""
    return {name: day + timedelta(side * distance) for name, side in NEIGHBOURS.items() if distance}


def spread_evenly(items: list, count: int) -> list:
    """Return at most ``count`` of the items, evenly spread, first and last included."""
    if count >= len(items):
        return list(items)
    import numpy as np

    return [items[round(i)] for i in np.linspace(0, len(items) - 1, count)]


def _format(month_day: tuple[int, int]) -> str:
    return "{:02}-{:02}".format(*month_day)


def choose_days(days: list[date], count: int) -> list[date]:
    """Return at most ``count`` of the days, evenly spread; of one, the middle day."""
    middle = round((len(days) - 1) / 2)
    return days[middle : middle + 1] if count == 1 else spread_evenly(days, count)


def _parse_day(text: str, key: str) -> date:
    """Parse YYYY-MM-DD. Raises InputError naming the key."""
    try:
        return date.fromisoformat(str(text))
    except ValueError as error:
        raise InputError(f"{key}: not a date (YYYY-MM-DD)", value=text) from error


def _parse_month_day(text: str, key: str) -> tuple[int, int]:
    """Parse MM-DD. Raises InputError naming the key."""
    day = _parse_day(f"2001-{text}", key)
    return day.month, day.day


def _parse_period(section: dict, every: int, key: str) -> Period:
    """Parse a period; ``every`` applies if the section has none of its own. Raises InputError naming the key."""
    first = _parse_day(section["first"], f"{key}.first")
    last = _parse_day(section["last"], f"{key}.last")
    if last < first:
        raise InputError(f"{key}.last: the period ends on {last}, before it begins on {first}")
    for end, day in (("first", first), ("last", last)):
        if not 1978 <= day.year <= 2100:
            raise InputError(f"{key}.{end}: out of range (1978 to 2100)", value=day)
    return Period(first, last, section.get("every", every))
