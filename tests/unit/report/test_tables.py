"""Tables as text: decimals, names, and intervals below their scores."""

import pandas as pd
import pytest

from superice.report.tables import Column, format_table, make_blocks

NAN = float("nan")


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([1.0, 2.0, NAN], ["1", "2", ""]),
        ([0.5, 0.25], ["0.50", "0.25"]),
        ([0.12345, -0.0001], ["0.123", "0.000"]),
        ([99.125, 1.5], ["99.125", "1.500"]),
        ([100.125, 1.5], ["100.1", "1.5"]),
    ],
)
def test_numbers_of_a_column_have_the_fewest_decimals_that_write_them(numbers, expected):
    assert format_table(pd.DataFrame({"a": numbers})).rows == [(text,) for text in expected]


def test_names_have_no_underscores_and_other_texts_keep_them():
    table = pd.DataFrame(
        {"name": ["low_resolution", None], "file": ["a_b.nc", ""], "kept": [True, False], "days": [3, 40]}
    )
    text = format_table(table)
    assert text.head == ["name", "file", "kept", "days"]
    assert text.rows == [("low resolution", "a_b.nc", "yes", "3"), ("", "", "", "40")]


def test_an_empty_table_has_no_rows():
    assert format_table(pd.DataFrame()).rows == []
    assert make_blocks(pd.DataFrame(), [Column("a", "A")]) == []


def test_blocks_share_the_decimals_of_a_score_with_an_interval():
    table = pd.DataFrame({"branch": ["model", "observations"], "split": "test", "rmse": [0.5, 0.25], "dates": [3, 2]})
    table = table.assign(rmse_lower=[0.4, NAN], rmse_upper=[0.6, NAN])
    columns = [Column("dates", "dates"), Column("rmse", "RMSE (m)"), Column("crps", "CRPS (m)")]
    first, second = make_blocks(table, columns)
    assert (first.title, second.title) == ("model, test", "observations, test")
    assert first.table.head == ["dates", "RMSE (m)"]
    assert first.table.rows == [("3", "0.50\n0.40 to\n0.60")]
    assert second.table.rows == [("2", "0.25")]


def test_a_wide_table_shows_some_columns_and_folds_all():
    names = [f"score_{number}" for number in range(9)]
    table = pd.DataFrame({"branch": ["model"], "split": ["test"]} | {name: [0.5] for name in names})
    table = table.assign(score_1_lower=0.25, score_1_upper=0.75)
    columns = [Column(name, name) for name in names]
    (block,) = make_blocks(table, columns, short=["score_1", "score_8"])
    assert block.table.head == ["score_1", "score_8"]
    assert block.table.rows == [("0.5", "0.5")]
    assert block.full.head == names and block.full.rows[0][1] == "0.5\n0.2 to\n0.8"
    (block,) = make_blocks(table, columns[:8], short=["score_1"])
    assert block.full is None and block.table.head == names[:8]
