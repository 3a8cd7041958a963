"""Days that have inputs, by the records of what was found."""

from pathlib import Path

import netCDF4
import yaml

from superice.dataset.layout import POINTS_NOTE
from superice.run.availability import describe_inputs
from superice.run.configuration import Configuration
from superice.run.paths import RunPaths
from superice.utils.files import write_json

CONFIG = """
name: own
calendar:
  observations: {first: "2021-01-01", last: "2021-01-14"}
defaults: {ensembles: {splits: []}}
experiments: {reference: {weights: model.safetensors}}
"""


def test_days_that_were_made_without_values_are_counted_apart(tmp_path):
    paths = RunPaths(Configuration(yaml.safe_load(CONFIG)))
    assert describe_inputs(paths, tmp_path) == []
    records = paths.all_records("observations")
    table = tmp_path / paths.missing
    table.parent.mkdir(parents=True)
    table.touch()
    for number, path in enumerate(records):
        write_json(tmp_path / path, {"available": number == 4})
    assert describe_inputs(paths, tmp_path) == [
        "observations: 1 of 14 days with all inputs, 13 empty: results/own/missing.csv names the reasons"
    ]
    Path(tmp_path / records[0]).unlink()
    assert describe_inputs(paths, tmp_path) == [
        "observations: 1 of 14 days with all inputs, 1 not yet made, 12 empty: results/own/missing.csv names the reasons"
    ]
    for number, path in enumerate(records):
        write_json(tmp_path / path, {"available": number > 3, "has_thickness": number > 1})
    assert describe_inputs(paths, tmp_path) == [
        "observations: 10 of 14 days with all inputs, 2 with some, 2 empty: results/own/missing.csv names the reasons"
    ]
    for path in records:
        write_json(tmp_path / path, {"available": True})
    Path(tmp_path / records[0]).write_text("")  # no record ends a run that has succeeded
    assert describe_inputs(paths, tmp_path) == ["observations: 14 of 14 days with all inputs"]


def test_reasons_are_looked_for_where_they_are(tmp_path):
    """A run of one file, or of trainings alone, makes no table of all days."""
    paths = RunPaths(Configuration(yaml.safe_load(CONFIG)))
    write_json(tmp_path / paths.all_records("observations")[0], {"available": False})
    (sentence,) = describe_inputs(paths, tmp_path)
    assert sentence.endswith("1 empty: results/own/records/observations/<date>.json names the reasons")
    (tmp_path / paths.missing).touch()
    (sentence,) = describe_inputs(paths, tmp_path)
    assert sentence.endswith("1 empty: results/own/missing.csv names the reasons")


def test_measurements_of_other_days_and_places_are_told(tmp_path):
    content = yaml.safe_load(CONFIG) | {"sources": {"in_situ": {"folder": "data/in_situ"}}}
    content["defaults"] = {"ensembles": {"splits": [], "observations": True}}
    paths = RunPaths(Configuration(content))
    table = tmp_path / paths.in_situ_table
    table.parent.mkdir(parents=True)
    assert describe_inputs(paths, tmp_path) == []
    table.write_text("platform,points\n")
    assert describe_inputs(paths, tmp_path) == [
        "measurements: none is of a day and a place where the run has values (sources.in_situ)"
    ]
    with netCDF4.Dataset(tmp_path / paths.in_situ, "w") as file:
        file.setncattr(POINTS_NOTE, "of 12 points that were read, 12 are of other days")
    (sentence,) = describe_inputs(paths, tmp_path)
    assert sentence.endswith("(sources.in_situ): of 12 points that were read, 12 are of other days")
    table.write_text("platform,points\nbuoy,3\n")
    assert describe_inputs(paths, tmp_path) == []
