"""The raw files of a run, by the kind of its sources."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from superice.run.configuration import Configuration
from superice.run.sources import Sources

DAY = date(2021, 1, 13)
CMEMS = "20210113_hr-nersc-MODEL-nextsimf-ARC-b20210113-fv00.0.nc"


@pytest.mark.parametrize(
    ("kind", "name", "found"),
    [
        ("cmems", CMEMS, True),
        ("moorings", "Moorings_2021d013.nc", True),
        ("moorings", CMEMS, False),
        ("archive", "20210113.nc", False),
    ],
)
def test_the_workflow_names_the_models_file_by_the_kind_of_its_source(tmp_path, kind, name, found):
    content = yaml.safe_load((Path(__file__).parents[3] / "config" / "config.yaml").read_text())
    content["sources"]["model"] = {"kind": kind, "folder": str(tmp_path), "resample": True}
    (tmp_path / name).touch()
    sources = Sources(Configuration(content), "results")
    assert sources.model_files(DAY) == ([str(tmp_path / name)] if found else [])
