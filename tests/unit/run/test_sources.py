"""The raw files of a run, by the kind of its sources."""

from datetime import date
from pathlib import Path

import pytest
import shipped_configurations
import yaml

from superice.run.configuration import Configuration
from superice.run.paths import RunPaths
from superice.run.sources import PRODUCTS, Sources

DAY = date(2021, 1, 13)
CMEMS = "20210113_hr-nersc-MODEL-nextsimf-ARC-b20210113-fv00.0.nc"


@pytest.mark.parametrize(
    ("kind", "name", "found"),
    [
        ("cmems", CMEMS, True),
        ("moorings", "Moorings_2021d013.nc", True),
        ("moorings", CMEMS, False),
        ("archive", "20210113.nc", True),
        ("archive", "20210114.nc", False),
    ],
)
def test_the_workflow_names_the_models_file_by_the_kind_of_its_source(tmp_path, kind, name, found):
    content = yaml.safe_load((Path(__file__).parents[3] / "config" / "config.yaml").read_text())
    content["sources"]["model"] = {"kind": kind, "folder": str(tmp_path), "resample": True}
    (tmp_path / name).touch()
    sources = Sources(Configuration(content), "results")
    assert sources.model_files(DAY) == ([str(tmp_path / name)] if found else [])


def load():
    return yaml.safe_load((Path(__file__).parents[3] / "config" / "config.yaml").read_text())


def test_days_with_the_files_of_all_products_are_counted(tmp_path):
    """Of fourteen days all have a concentration, two a thickness and three a drift; one has all."""
    content = load()
    content["calendar"]["observations"] = {"first": "2021-01-01", "last": "2021-01-14"}
    content["sources"]["observations"] = {"kind": "folder", **dict.fromkeys(PRODUCTS, str(tmp_path))}
    days = [date(2021, 1, n) for n in range(1, 15)]
    for product, found in (("concentration", days), ("cs2smos", days[3:5]), ("drift", days[4:7])):
        for day in found:
            (tmp_path / PRODUCTS[product][1](day)).touch()
    model, observed = Sources(Configuration(content), "results").describe_files()
    assert model == "model: 0 of 1802 days have a file (in data/nextsim)"
    assert observed == (
        "observations: 1 of 14 days have the files of all products: cs2smos 2, concentration 14, drift 3 "
        f"(in {tmp_path})"
    )


def test_the_motion_of_the_ice_is_in_the_models_files_or_in_those_of_the_drift(tmp_path):
    content = load()
    content["sources"]["model"] = {"kind": "moorings", "folder": str(tmp_path)}
    content["sources"]["observations"] = {"kind": "folder", **dict.fromkeys(PRODUCTS, str(tmp_path))}
    names = {"model": "Moorings_2021d013.nc", "observations": PRODUCTS["drift"][1](DAY)}
    for name in (*names.values(), PRODUCTS["cs2smos"][1](DAY)):
        (tmp_path / name).touch()
    sources = Sources(Configuration(content), "results")
    assert {branch: sources.motion_files(branch, DAY) for branch in names} == {
        branch: [str(tmp_path / name)] for branch, name in names.items()
    }
    assert sources.motion_files("observations", date(2021, 1, 14)) == []


@pytest.mark.parametrize(
    ("branch", "source", "keys"),
    [
        ("model", {"kind": "moorings"}, {"sources.model.folder"}),
        ("model", {"kind": "archive"}, {"sources.model.folder"}),
        ("model", {"kind": "cmems"}, {"sources.model.folder"}),
        ("model", {"kind": "cmems", "addresses": ["copernicusmarine:some-dataset"]}, set()),
        ("model", {"kind": "synthetic"}, set()),
        ("observations", {"kind": "folder"}, {f"sources.observations.{product}" for product in PRODUCTS}),
        ("observations", {"kind": "download"}, set()),
        ("observations", {"kind": "synthetic"}, set()),
    ],
)
def test_only_folders_that_nothing_fills_must_be_there(branch, source, keys):
    content = load()
    content["sources"][branch] = source
    sources = Sources(Configuration(content), "results")
    assert sources.searched_folders(branch).keys() == keys
    assert bool(sources.describe_files()) or not keys


def test_neighbouring_days_are_inputs_where_they_have_a_file(tmp_path):
    content = load()
    content["sources"]["model"] = {"kind": "moorings", "folder": str(tmp_path)}
    content["sources"]["observations"] = {"kind": "folder", **dict.fromkeys(PRODUCTS, str(tmp_path))}
    around = PRODUCTS["concentration"][1](date(2021, 1, 15))
    for name in ("Moorings_2021d011.nc", "Moorings_2021d012.nc", around, PRODUCTS["drift"][1](date(2021, 1, 15))):
        (tmp_path / name).touch()
    sources = Sources(Configuration(content), "results")
    assert sources.neighbour_files("model", DAY, 2) == [str(tmp_path / "Moorings_2021d011.nc")]
    assert sources.neighbour_files("observations", DAY, 2) == [str(tmp_path / around)]
    assert sources.neighbour_files("model", DAY, 0) == []


@pytest.mark.parametrize(
    ("day", "expected"),
    [(date(2022, 10, 18), [date(2022, 10, 20)]), (date(2022, 12, 5), [date(2022, 12, 7)])],
    ids=["start of the season", "day without a product"],
)
def test_the_synthetic_arctic_has_no_neighbours_beyond_its_seasons_and_its_products(day, expected):
    content = shipped_configurations.load("demo", "neighbouring-days")
    content["synthetic"]["missing"]["concentration"] = ["2022-12-03"]
    run = Configuration(content)
    sources = Sources(run, RunPaths(run, "results"))
    found = [Path(path).name for path in sources.neighbour_files("observations", day, 2)]
    assert found == [PRODUCTS["concentration"][1](other) for other in expected]
    model = [Path(path).name for path in sources.neighbour_files("model", day, 2)]
    assert model[-1] == f"Moorings_{expected[-1]:%Yd%j}.nc" and len(model) == 1 + (day.month == 12)


def test_neighbouring_days_are_downloaded_as_well():
    content = load()
    content["features"]["neighbouring_days"] = 1
    content["calendar"]["observations"] = {"first": "2021-01-13", "last": "2021-01-13"}
    content["sources"]["observations"] = {"kind": "download"}
    run = Configuration(content)
    sources = Sources(run, RunPaths(run, "results"))
    records = sources.all_download_records()
    expected = [f"concentration/{stamp}" for stamp in ("20210112", "20210113", "20210114")]
    assert sorted(record for record in records if "concentration" in record) == [
        f"results/downloads/{name}.json" for name in expected
    ]
    assert set(sources.neighbour_files("observations", DAY, 1)) < set(records) and len(records) == 5
