"""The package of a run: a bag of links, with pages whose numbers are those of the run."""

import csv
import errno
import hashlib
import json
import os
from importlib.resources import files
from io import BytesIO
from pathlib import Path, PurePosixPath

import bagit
import netCDF4
import pytest
import requests
import urllib3
import yaml
from datacite import schema45
from finished_run import make_clone, make_finished_run

from superice.errors import InputError
from superice.package.build import write_package
from superice.package.contents import PackagedFile

NAMES = ("README.md", "DATACARD.md", "ACKNOWLEDGEMENTS.md", "CITATION.cff", "datacite.json", "ro-crate-metadata.json")
PUBLISHED = {"creator_name": "A. Person", "creator_type": "person", "institution": "An institute", "doi": "10.1234/abc"}


def make_package(folder, **sections):
    run, paths = make_finished_run(folder, **sections)
    output = folder / "package"
    notes = write_package(run, paths, make_clone(folder / "clone"), output)
    return output, notes, paths


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_package(tmp_path_factory.mktemp("run"))


def test_it_is_a_valid_bag_of_all_files(made):
    package = made[0]
    bagit.Bag(str(package)).validate()
    held = {path.relative_to(package / "data").as_posix() for path in (package / "data").rglob("*") if path.is_file()}
    assert held >= {*NAMES, "model/predictions/sit_hrai_20221101.nc", "observations/season.zarr/zarr.json", "files.csv"}
    assert held >= {"workflow/Snakefile", "workflow/superice/__init__.py", "training/reference/chosen.safetensors"}
    assert not any("pycache" in name or "snakemake_timestamp" in name or "tests" in name for name in held)
    for line in (package / "manifest-sha256.txt").read_text().splitlines():
        digest, name = line.split("  ", 1)
        assert hashlib.sha256((package / name).read_bytes()).hexdigest() == digest


def test_nothing_is_copied_and_a_file_that_is_made_again_leaves_the_package_as_it_is(tmp_path):
    package, *_ = make_package(tmp_path)
    run_file = tmp_path / "results/tiny/report.html"
    held = package / "data/report.html"
    assert held.stat().st_ino == run_file.stat().st_ino
    (tmp_path / "new").write_text("made again")
    (tmp_path / "new").replace(run_file)
    assert held.read_text() == "report.html"


def test_files_of_another_file_system_are_copied(tmp_path, monkeypatch):
    """A bag with links that lead out of it is refused."""

    def refuse(*_):
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    package, *_ = make_package(tmp_path)
    bagit.Bag(str(package)).validate()
    assert not any(path.is_symlink() for path in package.rglob("*"))


def test_the_table_of_files_tells_bytes_licences_and_origins(made):
    with (made[0] / "data/files.csv").open() as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    for name, row in rows.items():
        assert int(row["bytes"]) == (made[0] / "data" / name).stat().st_size
    model, observed = rows["model/features/20221101.nc"], rows["observations/features/sic_sit_e1_e2_20221101.nc"]
    assert model["license"] == "CC-BY-4.0" and rows["workflow/Snakefile"]["license"] == "MIT"
    assert "CS2SMOS" not in model["made_from"] and "neXtSIM" in model["made_from"]
    assert "(CC-BY-4.0)" in observed["made_from"] and "CS2SMOS" in observed["made_from"]


def test_a_file_of_the_code_is_code_whatever_its_folder_is_called():
    kinds = {
        "workflow/superice/training/trainer.py": "workflow",
        "workflow/config/settings/a.yaml": "workflow",
        "training/reference/chosen.safetensors": "training",
        "feature_sets/satellites/model/features/20221101.nc": "model/features",
        "feature_sets/training/observations/features/a.npz": "observations/features",
        "model/season.zarr/scores/zarr.json": "model/season.zarr",
        "regions.nc": "",
    }
    assert {name: PackagedFile(Path(name), PurePosixPath(name)).kind for name in kinds} == kinds


def test_regions_and_given_weights_are_made_from_no_satellite(tmp_path):
    package, _, paths = make_package(
        tmp_path,
        experiments={"mine": {"weights": "released"}, "cubic": {"baseline": "cubic"}},
        run=["mine", "cubic"],
        published="mine",
    )
    with (package / "data/files.csv").open() as file:
        made_from = {row["file"]: row["made_from"] for row in csv.DictReader(file)}
    weights = f"weights/{Path(paths.weights('mine')).name}"
    assert made_from[weights] == made_from["regions.nc"] == made_from["settings/configuration.yaml"] == ""
    for suffix in ("nc", "csv"):
        assert "CS2SMOS" in made_from[f"volumes/observations.{suffix}"]
        assert (
            "neXtSIM" in made_from[f"volumes/model.{suffix}"] and "CS2SMOS" not in made_from[f"volumes/model.{suffix}"]
        )
    card = (package / "data/DATACARD.md").read_text()
    assert "not in this run; the weights were given" in card and "Training: 2 days" not in card
    for page in (card, (package / "data/README.md").read_text()):
        assert "**The weights were trained on the synthetic Arctic alone, for trying out" in page
    assert "this run cannot tell" in card and "neither trained the network nor chose it" not in card
    assert "- formulation: proper_scores" in card and "- widths: 64 96" in card and "wherever the thickness" in card


def test_the_numbers_of_the_card_are_those_of_the_run(made):
    card = (made[0] / "data/DATACARD.md").read_text()
    assert "Training: 2 days from 2020-11-01 to 2020-11-02 of neXtSIM sea-ice model" in card
    assert "| model | reference | 5 | 4 | 0.124 | 0.045 |" in card and "0.777" not in card
    assert card.count("| model | low resolution | 5 | 1 | 0.300 | 0.200 |") == 1
    assert "spread/error 0.87 on 2 days" in card and "| 42.1 | 57.9 |" in card
    assert "beyond 20.0 % and 80.0 % are not resolved" in card
    assert "| observations | osisaf drift | 1 |" in card
    assert "| 2022-11-02 | cs2smos: without SMOS |" in card
    assert "synthetic" not in card
    assert "A member needs all products" in card


def test_the_card_says_where_members_of_a_network_with_missing_inputs_are(tmp_path):
    package, *_ = make_package(tmp_path, defaults={"network": {"partly_missing": True}})
    card = (package / "data/DATACARD.md").read_text()
    assert "wherever the thickness is known" in card and "needs all products" not in card


def test_nobody_is_thanked_where_the_configuration_names_no_creator(made):
    readme = (made[0] / "data/README.md").read_text()
    assert "the configuration names no creator" in readme and "by not stated" not in readme
    assert "Creator not stated (" in readme


def test_files_of_the_synthetic_arctic_say_so(tmp_path):
    kinds = {"model": {"kind": "synthetic"}, "observations": {"kind": "synthetic"}}
    package, _, _ = make_package(tmp_path, sources=kinds)
    for name in ("README.md", "DATACARD.md"):
        assert (package / "data" / name).read_text().count("no real ice") == 2
    assert "CS2SMOS" not in (package / "data/ACKNOWLEDGEMENTS.md").read_text()


def test_archives_and_people_can_cite_it(tmp_path):
    package, *_ = make_package(tmp_path, publication=PUBLISHED)
    datacite = json.loads((package / "data/datacite.json").read_text())
    schema45.validator.validate(datacite)
    assert datacite["creators"][0]["affiliation"] == [{"name": "An institute"}]
    assert {one["relatedIdentifier"] for one in datacite["relatedIdentifiers"]} >= {"10.5194/tc-10-1055-2016"}
    cff = yaml.safe_load((package / "data/CITATION.cff").read_text())
    assert (cff["type"], cff["doi"], cff["authors"]) == ("dataset", "10.1234/abc", [{"name": "A. Person"}])
    assert "A. Person" in (package / "data/README.md").read_text()


def test_files_of_another_publisher_are_copied_with_the_new_one(tmp_path):
    package, notes, _ = make_package(tmp_path, publication=PUBLISHED)
    name = "model/predictions/sit_hrai_20221101.nc"
    with netCDF4.Dataset(package / "data" / name) as held, netCDF4.Dataset(tmp_path / "results/tiny" / name) as own:
        assert held.creator_name == "A. Person" and own.creator_name == "not stated"
    season = json.loads((package / "data/model/season.zarr/zarr.json").read_text())["attributes"]
    assert season["license"] == "CC-BY-4.0" and season["experiment"] == "reference"
    assert any("stated another publisher and were copied" in note for note in notes)
    bagit.Bag(str(package)).validate()


def test_the_package_of_an_area_of_ones_own_says_where_it_lies(tmp_path):
    """The corners of a square of 300 km around a place lie 212 km from it, 1.9 degrees of latitude at most."""
    around = {"centre": [78.8, -139.0], "size_km": [300, 300]}
    package, *_ = make_package(tmp_path, grid={"around": around})
    (place,) = json.loads((package / "data/datacite.json").read_text())["geoLocations"]
    assert place["geoLocationPlace"] == "Arctic, grid around 78.8° N, 139° W"
    box = place["geoLocationBox"]
    assert 76.8 < box["southBoundLatitude"] < 78.8 < box["northBoundLatitude"] < 80.8
    assert -152 < box["westBoundLongitude"] < -139 < box["eastBoundLongitude"] < -126
    assert "grid around 78.8° N, 139° W" in (package / "data/README.md").read_text()


def test_an_identifier_that_the_configuration_no_longer_states_is_removed(tmp_path):
    """From NetCDF and from Zarr."""
    name, group = "model/predictions/sit_hrai_20221101.nc", "model/season.zarr/zarr.json"
    run, paths = make_finished_run(tmp_path)
    with netCDF4.Dataset(tmp_path / "results/tiny" / name, "a") as file:
        file.setncatts({"doi": "10.1234/old", "metadata_link": "https://doi.org/10.1234/old"})
    season = tmp_path / "results/tiny" / group
    content = json.loads(season.read_text())
    content["attributes"] |= {"license": "CC-BY-4.0", "doi": "10.1234/old"}
    season.write_text(json.dumps(content))
    write_package(run, paths, make_clone(tmp_path / "clone"), tmp_path / "package")
    with netCDF4.Dataset(tmp_path / "package/data" / name) as held:
        assert not {"doi", "metadata_link"} & set(held.ncattrs())
    assert "doi" not in json.loads((tmp_path / "package/data" / group).read_text())["attributes"]
    assert "10.1234/old" in season.read_text(), "the file of the run stays"


def test_what_is_not_stated_is_told(made):
    assert made[1][0].startswith("publication: creator_name, creator_email")


def test_a_file_that_is_not_there_is_named_and_leaves_no_package(tmp_path):
    run, paths = make_finished_run(tmp_path)
    (tmp_path / "results/tiny/coverage.csv").unlink()
    with pytest.raises(InputError, match="make it before the package") as error:
        write_package(run, paths, make_clone(tmp_path / "clone"), tmp_path / "package")
    assert "coverage.csv" in str(error.value) and not (tmp_path / "package").exists()


def test_the_crate_names_workflow_run_and_inputs(made):
    graph = json.loads((made[0] / "data/ro-crate-metadata.json").read_text())["@graph"]
    by_id = {entity["@id"]: entity for entity in graph}
    assert by_id["./"]["mainEntity"] == {"@id": "workflow/Snakefile"}
    run = by_id["#run"]
    assert run["instrument"] == {"@id": "workflow/Snakefile"} and run["startTime"] <= run["endTime"]
    named = {by_id[one["@id"]]["name"] for one in run["object"]}
    assert {"configuration.yaml", "neXtSIM sea-ice model", "CS2SMOS merged sea-ice thickness"} <= named
    parts = {one["@id"] for one in by_id["./"]["hasPart"]}
    assert {"model/predictions/", "files.csv", "README.md"} <= parts
    assert all((made[0] / "data" / part).exists() for part in parts)


@pytest.mark.slow
def test_the_crate_meets_its_profiles(made, tmp_path):
    """Of the package roc-validator, where it is installed; the context of RO-Crate is served from the copy of rocrate."""
    models = pytest.importorskip("rocrate_validator.models")
    http = pytest.importorskip("rocrate_validator.utils.http")
    services = pytest.importorskip("rocrate_validator.services")
    context = files("rocrate").joinpath("data/ro-crate.jsonld").read_bytes()
    # That copy is of version 1.3, where these terms have another address than in 1.1.
    context = context.replace(b"bioschemas.org/terms/", b"bioschemas.org/")

    class Server(requests.adapters.HTTPAdapter):
        def send(self, request, **_):
            told = {"preload_content": False, "request_url": request.url}
            body = urllib3.HTTPResponse(BytesIO(context), {"Content-Type": "application/ld+json"}, 200, **told)
            return self.build_response(request, body)

    cache = str(tmp_path / "cache")
    http.HttpRequester.initialize_cache(cache_path=cache)
    session = http.HttpRequester().session
    session.mount("https://", Server())
    session.get("https://w3id.org/ro/crate/1.1/context")
    settings = services.ValidationSettings(
        rocrate_uri=str(made[0] / "data"),
        profile_identifier="workflow-run-crate-0.5",
        requirement_severity=models.Severity.REQUIRED,
        cache_path=cache,
        offline=True,
    )
    assert [issue.message for issue in services.validate(settings).get_issues()] == []
