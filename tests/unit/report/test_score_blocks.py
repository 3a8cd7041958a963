"""The rows and columns of the tables of scores that the report shows."""

import pandas as pd

from superice.report import score_blocks

RUN = {"branch": "model", "split": "test"}


def test_parts_show_the_ensembles_alone_and_months_by_name():
    parts = pd.DataFrame(RUN | {"month": [11, 11, 12], "field": ["generated", "low_resolution", "generated"]})
    (block,) = score_blocks.make_part_blocks(parts.assign(experiment="a", rmse=0.5))
    assert block.table.head == ["experiment", "month", "RMSE (m)"]
    assert block.table.rows == [("a", "November", "0.5"), ("a", "December", "0.5")]


def test_shared_sources_stand_once_and_first_in_their_region():
    sources = ["truth", "generated", "low_resolution"]
    rows = [RUN | {"experiment": e, "region": r, "source": s} for r in ("ice", "pack") for e in "ab" for s in sources]
    table = pd.DataFrame(rows).assign(month=float("nan"), quantile_1_percent=[0.5, 0.25, 1.0] * 4)
    (block,) = score_blocks.make_thin_ice_blocks(pd.concat([table, table.assign(month=11)]))
    assert block.table.head == ["experiment", "region", "source", "quantile 1 % (m)"]
    of_region = [("", "truth"), ("", "low resolution"), ("a", "generated"), ("b", "generated")]
    expected = [(experiment, region, source) for region in ("ice", "pack") for experiment, source in of_region]
    assert [row[:3] for row in block.table.rows] == expected


def test_the_truth_of_an_experiment_on_fewer_dates_keeps_its_name():
    rows = [RUN | {"experiment": e, "source": s} for e in "ab" for s in ("truth", "generated")]
    leads = pd.DataFrame(rows).assign(anisotropy=[0.5, 0.25, 0.75, 0.25], dates=[15, 15, 3, 3])
    (block,) = score_blocks.make_lead_blocks(leads)
    assert block.table.rows == [
        ("", "truth", "15", "0.50"),
        ("a", "generated", "15", "0.25"),
        ("b", "truth", "3", "0.75"),
        ("b", "generated", "3", "0.25"),
    ]


def test_a_table_of_ensembles_of_different_sizes_says_so():
    scores = pd.DataFrame(RUN | {"experiment": ["a", "b", "c"], "members": [30, 6, 1], "rmse": 0.5})
    (block,) = score_blocks.make_score_blocks(scores)
    assert block.note.startswith("The ensembles have 6 and 30 members. RMSE")
    (block,) = score_blocks.make_score_blocks(scores[scores.experiment != "b"])
    assert block.note == ""


def test_low_resolution_fields_have_no_leads():
    leads = pd.DataFrame(RUN | {"experiment": "a", "source": ["truth", "generated", "low_resolution"]})
    (block,) = score_blocks.make_lead_blocks(leads.assign(anisotropy=0.5))
    assert block.table.rows == [("", "truth", "0.5"), ("a", "generated", "0.5")]


def test_each_study_has_a_block():
    studies = pd.DataFrame({"study": ["min_rate", "steps"], "varies": ["diffusion.min_rate", "sampler.steps"]})
    blocks = score_blocks.make_study_blocks(studies.assign(value=["0.01", "10"], rmse=[0.5, 0.25]))
    assert [block.title for block in blocks] == ["min rate, diffusion.min_rate", "steps, sampler.steps"]
    assert [block.table.rows for block in blocks] == [[("0.01", "0.5")], [("10", "0.25")]]


def make_scales(*ratios, dates=15):
    names, kinds = ["3 km", "90 km", "all"], ["box", "box", "region"]
    table = pd.DataFrame(
        RUN | {"experiment": "few_steps", "kind": kinds, "scale": names, "width_km": [3.0, 90.0, 400.0]}
    )
    return table.assign(days=1, crps=0.1, means=[9000, 900, dates], spread_skill=ratios)


def test_the_reading_of_the_scales_names_the_worst_and_what_it_is_good_for():
    (block,) = score_blocks.make_scale_blocks(make_scales(0.9, 0.5, 0.25))
    assert block.note == (
        "The members of few steps spread by 0.90 in boxes of 3 km and 0.25 in the whole grid of the error of their mean. "
        "Their band of means over the whole grid is 4.0 times too narrow: do not use it as an uncertainty."
    )
    assert [row[1] for row in block.table.rows] == ["3 km", "90 km", "the whole grid"]
    (block,) = score_blocks.make_scale_blocks(make_scales(0.9, 2.5, 1.0))
    assert "boxes of 90 km is 2.5 times too wide" in block.note
    (block,) = score_blocks.make_scale_blocks(make_scales(0.9, 1.2, 0.85))
    assert block.note.endswith("Their band can be used for means over every scale of this table.")
    (block,) = score_blocks.make_scale_blocks(make_scales(0.9, 1.2, 0.7, dates=5))
    assert block.note.endswith("of this table, as far as so few dates can tell.")
    (block,) = score_blocks.make_scale_blocks(make_scales(float("nan"), float("nan"), float("nan")))
    assert block.note == ""


def test_tables_without_rows_have_no_blocks():
    empty = pd.DataFrame()
    for make in (score_blocks.make_score_blocks, score_blocks.make_part_blocks, score_blocks.make_study_blocks):
        assert make(empty) == []
    assert score_blocks.make_thin_ice_blocks(empty) == score_blocks.make_lead_blocks(empty) == []
    assert score_blocks.make_scale_blocks(empty) == []
