"""The calendar: the report's seasons, gaps, and what is refused."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from superice.errors import InputError
from superice.seasons import SPLITS, Calendar

REPORT = {
    "season": {"first": "10-18", "last": "04-15"},
    "every": 1,
    "training": {"first": "2013-10-18", "last": "2020-04-15"},
    "validation": {"first": "2020-10-18", "last": "2022-04-15"},
    "test": {"first": "2022-10-18", "last": "2023-04-15"},
    "observations": {"first": "2020-10-18", "last": "2023-04-15"},
    "gaps": [],
}


def test_counts_of_the_reports_splits():
    calendar = Calendar.from_mapping(REPORT)
    assert [len(calendar.split_days(split)) for split in SPLITS] == [1262, 360, 180]
    assert len(calendar.observed_days()) == 540
    assert len(calendar.seasons()) == 10


def test_days_lie_in_the_freezing_season():
    days = Calendar.from_mapping(REPORT).model_days()
    assert days == sorted(set(days))
    assert all((d.month, d.day) >= (10, 18) or (d.month, d.day) <= (4, 15) for d in days)
    assert date(2020, 2, 29) in days


def test_gaps_are_left_out():
    calendar = Calendar.from_mapping(REPORT | {"gaps": ["2022-12-24"]})
    assert date(2022, 12, 24) not in calendar.split_days("test")
    assert len(calendar.split_days("test")) == 179


@given(every=st.integers(1, 30))
def test_days_of_a_season_are_evenly_spaced(every):
    days = Calendar.from_mapping(REPORT | {"every": every}).split_days("test")
    assert days[0] == date(2022, 10, 18)
    assert {b - a for a, b in itertools.pairwise(days)} <= {timedelta(every)}
    assert len(days) == -(-180 // every)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"test": {"first": "2022-05-01", "last": "2022-09-30"}}, "calendar.test: no day of a freezing season"),
        ({"test": {"first": "2023-04-15", "last": "2022-10-18"}}, "calendar.test: ends on 2022-10-18, before"),
        ({"test": {"first": "2022-02-30", "last": "2023-04-15"}}, "calendar.test.first: not a date"),
        ({"test": {"first": "2022-03-01", "last": "2023-04-15"}}, "before calendar.validation ends"),
        ({"training": {"first": "1813-10-18", "last": "2020-04-15"}}, "calendar.training: out of range"),
        ({"gaps": ["yesterday"]}, "calendar.gaps: not a date"),
    ],
)
def test_a_wrong_calendar_is_refused_by_name(change, sentence):
    with pytest.raises(InputError, match=sentence):
        Calendar.from_mapping(REPORT | change)


def test_season_of_a_day():
    calendar = Calendar.from_mapping(REPORT)
    assert calendar.find_season(date(2023, 1, 1)).name == "2022"
    with pytest.raises(InputError, match="no freezing season"):
        calendar.find_season(date(2023, 7, 1))
    assert calendar.find_split(date(2023, 1, 1)) == "test"
