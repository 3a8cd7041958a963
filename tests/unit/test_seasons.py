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
        ({"test": {"first": "2022-05-01", "last": "2022-09-30"}}, "calendar.test.first: no day of a freezing season"),
        (
            {"test": {"first": "2023-04-15", "last": "2022-10-18"}},
            "calendar.test.last: the period ends on 2022-10-18, before",
        ),
        ({"test": {"first": "2022-02-30", "last": "2023-04-15"}}, "calendar.test.first: not a date"),
        ({"test": {"first": "2022-03-01", "last": "2023-04-15"}}, "before calendar.validation ends"),
        ({"training": {"first": "1813-10-18", "last": "2020-04-15"}}, "calendar.training.first: out of range"),
        ({"gaps": ["yesterday"]}, "calendar.gaps: not a date"),
    ],
)
def test_a_wrong_calendar_is_refused_by_name(change, sentence):
    with pytest.raises(InputError, match=sentence):
        Calendar.from_mapping(REPORT | change)


def describe(first, last, every=1):
    """The sentence on an observed period."""
    calendar = Calendar.from_mapping(REPORT | {"observations": {"first": first, "last": last, "every": every}})
    return calendar.describe()[-1]


def test_days_outside_the_season_are_counted_where_a_period_runs_past_it():
    assert describe("2024-04-05", "2024-04-18") == (
        "observations: 11 days, 2024-04-05 to 2024-04-15; 3 of the 14 days from 2024-04-05 to 2024-04-18 "
        "lie outside the freezing season (10-18 to 04-15)"
    )
    assert describe("2024-01-05", "2024-01-06") == "observations: 2 days, 2024-01-05 to 2024-01-06"


def test_the_distance_of_days_counts_from_the_seasons_first_day():
    """Weeks from 18 October 2023 reach 3 January 2024, not 1 January."""
    assert describe("2024-01-01", "2024-01-14", every=7) == (
        "observations: 2 days, 2024-01-03 to 2024-01-10; every 7 days counted from the season's first day, 10-18"
    )


@given(first=st.dates(date(2010, 1, 1), date(2012, 12, 31)), length=st.integers(1, 900))
def test_the_days_of_a_period_and_those_left_out_are_all_its_days(first, length):
    last = first + timedelta(length - 1)
    inside = sum(
        (d.month, d.day) >= (10, 18) or (d.month, d.day) <= (4, 15)
        for d in map(first.__add__, map(timedelta, range(length)))
    )
    if not inside:
        return
    sentence = describe(str(first), str(last))
    assert sentence.startswith(f"observations: {inside} day")
    assert (f"; {length - inside} of the {length} days from" in sentence) == (inside < length)


def test_season_of_a_day():
    calendar = Calendar.from_mapping(REPORT)
    assert calendar.find_season(date(2023, 1, 1)).name == "2022"
    with pytest.raises(InputError, match="no freezing season"):
        calendar.find_season(date(2023, 7, 1))
    assert calendar.find_split(date(2023, 1, 1)) == "test"


@pytest.mark.parametrize(
    ("stamp", "branch", "sentence"),
    [
        ("20191201", "observations", r"observations \(observations: 540 days, .*\); the nearest is 2020-10-18$"),
        ("20230701", "observations", r"the nearest is 2023-04-15$"),
        (
            "20230301",
            "model",
            r"model \(training: 44 days, .* every 30 days counted.*test: 6 days.*\); the nearest is 2023-02-15$",
        ),
        ("20221399", "model", r"^calendar: no date \(YYYYMMDD\) \(found 20221399\)$"),
    ],
)
def test_a_day_that_a_branch_does_not_have_is_refused_with_its_period_step_and_nearest_day(stamp, branch, sentence):
    """Every 30 days from 18 October 2022 on: 15 February 2023 is the fifth, and 17 March is farther."""
    every = {} if branch == "observations" else {"every": 30}
    with pytest.raises(InputError, match=sentence):
        Calendar.from_mapping(REPORT | every).refuse_day(stamp, branch)


def test_a_branch_without_days_names_its_keys():
    with pytest.raises(InputError, match=r"the branch observations, which has none; calendar\.observations names"):
        Calendar.from_mapping(REPORT | {"observations": None}).refuse_day("20221018", "observations")
