"""The target `downloads`, and what hangs on it, with a provider on this machine."""

import json
import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from product_files import DRIFT_AXES_KM, write_concentration, write_drift, write_thickness
from provider_servers import WebProvider, running
from workflow_copy import copy_workflow, snakemake

DAYS = (date(2022, 4, 11), date(2022, 4, 12))
CONFIG = """
name: fetched
calendar: {{observations: {{first: "2022-04-11", last: "2022-04-12"}}}}
sources:
  observations:
    kind: download
    cs2smos: kept
    concentration: kept
    drift: kept
    addresses: {{cs2smos: [{0}/cs2smos], concentration: [{0}/concentration], drift: [{0}/drift]}}
"""
RECORDS = Path("results/fetched/downloads")


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    """All files of two days, but for the drift of the second."""
    made = tmp_path_factory.mktemp("made")
    still = np.zeros((DRIFT_AXES_KM[1].size, DRIFT_AXES_KM[0].size))
    with running(WebProvider()) as web:
        for day in DAYS:
            paths = {
                "cs2smos": write_thickness(made, day, np.ones((432, 432))),
                "concentration": write_concentration(made, day, np.full((432, 432), 90.0)),
                "drift": write_drift(made, day, still, still, still + 30),
            }
            for product, path in paths.items():
                web.files[f"/{product}/2022/04/{path.name}"] = path.read_bytes()
        del web.files[f"/drift/2022/04/{path.name}"]
        yield web


@pytest.fixture(scope="module")
def run(tmp_path_factory, provider):
    """A copy of the workflow in which `downloads` was made, and what it said."""
    folder = copy_workflow(tmp_path_factory.mktemp("run"), fetched=CONFIG.format(provider.address("")))
    make(folder, "downloads")
    return folder


def make(folder, *arguments):
    return snakemake(folder, *arguments, "--cores", "2", "--configfile", "config/real-day.yaml", "fetched.yaml")


def record(run, product, day):
    return json.loads((run / RECORDS / product / f"{day:%Y%m%d}.json").read_text())


class TestDownloads:
    def test_files_land_and_are_recorded(self, run, provider):
        for product in ("cs2smos", "concentration"):
            for day in DAYS:
                found = record(run, product, day)
                assert (run / found["file"]).stat().st_size == found["bytes"]
                assert found["url"].startswith(provider.address(f"/{product}/2022/04/"))
                assert found["problems"] == []
        assert len(list((run / "kept" / "2022" / "04").iterdir())) == 5

    def test_a_date_that_nobody_has_is_recorded(self, run):
        assert record(run, "drift", DAYS[0])["file"]
        missing = record(run, "drift", DAYS[1])
        assert missing["file"] is None
        assert [problem["reason"] for problem in missing["problems"]] == ["no file for 2022-04-12"]

    def test_a_second_run_has_nothing_to_do(self, run, provider):
        asked = len(provider.asked)
        assert "Nothing to be done" in make(run, "downloads")
        assert len(provider.asked) == asked

    def test_features_are_planned_on_the_downloads_of_their_day(self, run):
        target = "results/fetched/observations/features/sic_sit_e1_e2_20220412.npz"
        planned = make(run, target, "--dry-run", "--forcerun", "download")
        assert re.search(r"^download +3$", planned, re.MULTILINE)
        assert re.search(r"^observed_features +1$", planned, re.MULTILINE)
