"""Facts about a run, from its benchmark files, weights and observed days."""

import hashlib
import json

import numpy as np
import pandas as pd
from safetensors.numpy import save_file

from superice.report.run_facts import (
    add_days_with_values,
    list_versions,
    tabulate_coverage,
    tabulate_degraded,
    tabulate_times,
    tabulate_weights,
)


def test_times_are_gathered_by_rule(tmp_path):
    for rule, seconds in (("train/a", 10), ("train/b", 30), ("land", 2)):
        path = tmp_path / f"{rule}.tsv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"s\th:m:s\tmax_rss\n{seconds}\t-\t100\n")
    times = tabulate_times(tmp_path).set_index("rule")
    assert times.jobs.to_dict() == {"land": 1, "train": 2}
    assert times["seconds, all jobs"]["train"] == 40
    assert times["seconds, median job"]["train"] == 20


def test_gpu_hours_are_those_of_the_gpus_a_job_was_given(tmp_path):
    for rule, gpus in (("train/a", 2), ("train/b", 1), ("land", None)):
        path = tmp_path / f"{rule}.tsv"
        path.parent.mkdir(exist_ok=True)
        resources = {"mem_mb": 3000} | ({"gpu": gpus} if gpus else {})
        path.write_text(f"s\th:m:s\tmax_rss\tresources\n1800\t-\t100\t{resources}\n")
    hours = tabulate_times(tmp_path).set_index("rule")["GPU hours"]
    assert hours.to_dict() == {"land": 0, "train": 1.5}


def test_no_benchmark_file_makes_no_table(tmp_path):
    assert tabulate_times(tmp_path).empty


def test_weights_are_named_by_training_and_digest(tmp_path):
    path = tmp_path / "chosen.safetensors"
    origin = json.dumps({"origin": {"experiment": "reference", "seed": 2}})
    save_file({"a": np.zeros((20, 50), np.float32), "b": np.zeros(7, np.float32)}, path, {"superice": origin})
    (row,) = tabulate_weights([path]).to_dict("records")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert row == {"training": "reference", "seed": "2", "numbers": "1,007", "digest": digest[:12]}


def test_coverage_is_a_share_of_the_ice_pixels_of_a_month():
    days = pd.DataFrame(
        {
            "date": ["2022-10-18", "2022-10-30", "2022-11-17"],
            "ice_pixels": [100, 300, 50],
            "drift_missing_pixels": [10, 30, 5],
            "kept_pixels": [80, 200, 45],
            "kept_percent": [80.0, 66.7, 90.0],
        }
    )
    table = tabulate_coverage(days)
    assert table.month.tolist() == ["2022-10", "2022-11"]
    assert table.dates.tolist() == [2, 1]
    assert table["drift missing (%)"].tolist() == [10.0, 10.0]
    assert table["kept (%)"].tolist() == [70.0, 90.0]
    assert tabulate_coverage(pd.DataFrame()).empty


def test_versions_begin_with_the_package_and_end_with_the_machine():
    versions = list(list_versions())
    assert versions[0] == "superice"
    assert versions[-2:] == ["python", "machine"]


def test_days_without_values_stand_beside_the_days_of_a_run():
    summary = {"model days": "training 4", "observed days": "14"}
    days = pd.DataFrame(
        {
            "branch": ["model", "observations", "observations"],
            "days": [4, 10, 4],
            "available": [4, 1, 0],
        }
    )
    facts = add_days_with_values(summary, days)
    assert facts == {"model days": "training 4", "observed days": "14; 1 of 14 days with all inputs"}
    assert add_days_with_values(summary, pd.DataFrame()) == summary


def test_degraded_days_are_those_with_notes():
    days = pd.DataFrame({"date": ["2022-12-04", "2022-12-05"], "notes": [None, "cs2smos: without SMOS"]})
    assert tabulate_degraded(days).to_dict("records") == [{"date": "2022-12-05", "notes": "cs2smos: without SMOS"}]
    assert tabulate_degraded(days.drop(columns="notes")).empty and tabulate_degraded(days[:0]).empty
