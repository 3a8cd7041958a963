"""The published files: CF, ACDD, and a grid mapping from which the coordinates can be computed."""

import re
import shutil
from datetime import date
from pathlib import Path

import cartopy.crs
import netCDF4
import numpy as np
import pyproj
import pytest
import xarray as xr
from standards import list_findings

from superice.dataset.layout import (
    FIELDS,
    UNCERTAINTIES,
    describe_cell_area,
    open_predictions,
    write_model_features,
    write_observed_features,
)
from superice.dataset.settings import SummarySettings
from superice.dataset.summaries import MemberStatistics, Summary, write_summary
from superice.features.day import Features
from superice.fields.grid import Grid, load_grid
from superice.utils.netcdf import FileContent, write_content

DAY = date(2022, 4, 12)
DATA_PAGE = Path(__file__).parents[3] / "docs" / "data.md"
COORDINATES = {"time", "longitude", "latitude", "altitude", "x", "y", "crs", "cell_area"}
LAYOUT = {
    "20220412.nc": {*FIELDS, *(f"{name}_reprocessed" for name in FIELDS)},
    "sic_sit_e1_e2_20220412.nc": {*FIELDS, *UNCERTAINTIES, "mask_reason"},
    "sit_hrai_20220412.nc": {"sit_ai"},
}

SUMMARY = "sit_summary_20220412.nc"


@pytest.fixture(scope="module")
def grid():
    """50 x 70 cells of 3 km over the pole, where longitudes are hardest."""
    crs = pyproj.CRS("+proj=stere +lat_0=90 +lat_ts=90 +lon_0=-45 +R=6378273")
    return Grid("pole", crs, -90_000 + 3000.0 * np.arange(70), -60_000 + 3000.0 * np.arange(50))


@pytest.fixture(scope="module")
def published(grid, tmp_path_factory):
    """One file of each kind, with a corner that is masked."""
    folder = tmp_path_factory.mktemp("published")
    random = np.random.default_rng(0)
    masked = np.zeros(grid.shape, np.uint8)
    masked[:5, :5] = 9
    fields = {name: np.where(masked, np.nan, random.uniform(0, 1e-4, grid.shape)) for name in FIELDS}
    made_by = {"configuration_digest": "0123456789ab", "source_of_fields": "model"}
    model, observed, ensemble = (folder / name for name in LAYOUT)
    write_model_features(model, grid, DAY, fields, fields, made_by)
    stated = {name: fields["sit"] for name in UNCERTAINTIES}
    write_observed_features(
        observed.with_suffix(".npz"), observed, grid, DAY, fields, masked, made_by, uncertainties=stated
    )
    with open_predictions(ensemble, grid, DAY, 3, made_by) as file:
        for _ in range(3):
            file.append(fields["sit"])
    features = Features(DAY, **{name: values.astype(np.float32) for name, values in fields.items()}, sic_threshold=0)
    statistics = MemberStatistics(features.mask, 2)
    for _ in range(2):
        statistics.add(fields["sit"])
    write_summary(Summary(folder / SUMMARY, SummarySettings()), grid, features, masked, statistics, made_by)
    return folder


@pytest.mark.parametrize("standard", ["cf:1.8", "acdd:1.3"])
@pytest.mark.parametrize("name", [*LAYOUT, SUMMARY])
def test_files_meet_the_standards(published, monkeypatch, name, standard):
    """No error of high or medium priority; the table of standard names is the one that the checker carries."""
    monkeypatch.setattr("requests.get", lambda *_, **__: pytest.fail("the checker asks the network"))
    assert list_findings(published / name, standard) == []


def test_an_attribute_that_is_lacking_is_found(published, tmp_path):
    copy = shutil.copy(published / "20220412.nc", tmp_path)
    with netCDF4.Dataset(copy, "a") as file:
        del file.license
        del file["sit"].standard_name
    assert [finding.split(" [")[0] for finding in list_findings(copy, "acdd:1.3")] == [
        'acdd:1.3 variable "sit" missing the following attributes:',
        "acdd:1.3 Global Attributes",
    ]


@pytest.mark.parametrize(("name", "variables"), LAYOUT.items())
def test_names_and_dimensions_are_those_of_the_published_data(published, grid, name, variables):
    with xr.open_dataset(published / name) as data:
        assert set(data.variables) == variables | COORDINATES
        for variable in variables:
            assert data[variable].dims == (("n", "y", "x") if variable == "sit_ai" else ("y", "x"))
            assert data[variable].shape[-2:] == grid.shape
        assert data["time"].dims == () and str(data["time"].values)[:13] == "2022-04-12T12"
        assert data["longitude"].dims == data["latitude"].dims == ("y", "x")


@pytest.mark.parametrize("name", LAYOUT)
@pytest.mark.parametrize("with_wkt", [True, False])
def test_coordinates_follow_from_the_grid_mapping_alone(published, name, with_wkt):
    with xr.open_dataset(published / name) as data:
        attributes = {key: value for key, value in data["crs"].attrs.items() if with_wkt or key != "crs_wkt"}
        projection = pyproj.Proj(pyproj.CRS.from_cf(attributes))
        longitude, latitude = projection(*np.meshgrid(data["x"], data["y"]), inverse=True)
        np.testing.assert_allclose(data["latitude"], latitude, rtol=0, atol=1e-4)
        east = (data["longitude"].values - longitude + 180) % 360 - 180
        # At the pole itself any longitude is right.
        assert np.abs(east[latitude < 89.999]).max() <= 1e-4


@pytest.mark.parametrize(("name", "variables"), LAYOUT.items())
def test_every_field_has_the_area_of_its_cells(published, grid, name, variables):
    with xr.open_dataset(published / name, decode_coords="all") as data:
        assert data["cell_area"].attrs["standard_name"] == "cell_area" and data["cell_area"].attrs["units"] == "m2"
        np.testing.assert_allclose(data["cell_area"], grid.compute_cell_area(), rtol=2e-5)
        for variable in variables:
            assert data[variable].encoding["cell_measures"] == "area: cell_area"
            assert "cell_area" in data[variable].coords


def test_cell_areas_take_little_room(tmp_path):
    """Rounded, they take a third of the room that one field of float32 takes: 0.6 MB of a members' file of 90."""
    sizes = {}
    whole = load_grid(None, "demo")
    rounded = describe_cell_area(whole)
    for name, variable in {"rounded": rounded, "exact": rounded._replace(values=whole.compute_cell_area())}.items():
        write_content(tmp_path / name, FileContent({"cell_area": variable}, (), {}))
        sizes[name] = (tmp_path / name).stat().st_size
    assert sizes["rounded"] < 0.5 * sizes["exact"]


def test_days_open_together_as_the_documentation_says(published, grid, tmp_path, monkeypatch):
    """The lines of docs/data.md for members and features are run as they stand there."""
    folders = {"sit_hrai_20220412.nc": "predictions", "20220412.nc": "features"}
    for name, folder in folders.items():
        target = tmp_path / "results" / "demo" / "model" / folder
        target.mkdir(parents=True)
        for later in (0, 2):
            with xr.open_dataset(published / name) as data:
                moved = data.assign_coords(time=data["time"] + np.timedelta64(later, "D"))
                moved.to_netcdf(target / name.replace("0412", f"04{12 + later}"))
    monkeypatch.chdir(tmp_path)
    opened = {}
    exec(re.search(r"```python\n(import xarray.*?)```", DATA_PAGE.read_text(), re.DOTALL)[1], opened)
    for name, data, field, leading in [
        ("sit_hrai_20220412.nc", opened["members"], "sit_ai", ("time", "n")),
        ("20220412.nc", opened["features"], "sit", ("time",)),
    ]:
        assert data["time"].dt.day.values.tolist() == [12, 14]
        assert data[field].dims == (*leading, "y", "x")
        assert data["cell_area"].dims == data["latitude"].dims == ("y", "x")
        volume = (data[field] * data["cell_area"]).sum(("y", "x"))
        one_day = (xr.load_dataset(published / name)[field] * grid.compute_cell_area()).sum(("y", "x"))
        np.testing.assert_allclose(volume, [one_day, one_day], rtol=1e-4)
        data.close()


def test_cartopy_builds_the_projection_from_the_grid_mapping(published):
    with xr.open_dataset(published / "20220412.nc") as data:
        projection = cartopy.crs.Projection(pyproj.CRS.from_cf(data["crs"].attrs))
        geographic = cartopy.crs.Geodetic(globe=projection.globe)
        placed = projection.transform_points(geographic, data["longitude"].values, data["latitude"].values)
        x, y = np.meshgrid(data["x"], data["y"])
    np.testing.assert_allclose(placed[..., 0], x, atol=2)
    np.testing.assert_allclose(placed[..., 1], y, atol=2)


def test_the_reasons_of_the_mask_are_flags_that_software_reads(published):
    with xr.open_dataset(published / "sic_sit_e1_e2_20220412.nc") as data:
        masks, meanings = data["mask_reason"].attrs["flag_masks"], data["mask_reason"].attrs["flag_meanings"].split()
        assert masks.dtype == data["mask_reason"].dtype == np.int8
        held = [
            meaning for mask, meaning in zip(masks, meanings, strict=True) if data["mask_reason"].values[0, 0] & mask
        ]
    assert held == ["thickness_missing", "land"]


def test_members_are_in_the_file_before_the_last_is_drawn_and_the_file_is_whole_or_not_there(grid, tmp_path):
    path = tmp_path / "e.nc"
    member = np.random.default_rng(0).random(grid.shape, np.float32)
    with pytest.raises(KeyboardInterrupt), open_predictions(path, grid, DAY, 3, {}) as file:
        file.append(member)
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())
    with open_predictions(path, grid, DAY, 3, {}) as file:
        file.append(member)
        assert not path.exists()
        file.append(2 * member)
        file.describe({"clipped_fraction": 0.25})
    with xr.open_dataset(path) as data:
        assert data.attrs["clipped_fraction"] == 0.25
        assert np.array_equal(data["sit_ai"][:2], np.stack([member, 2 * member]))
        assert np.isnan(data["sit_ai"][2]).all()
        assert np.isnan(data["sit_ai"].encoding["_FillValue"])
        assert data["sit_ai"].encoding["chunksizes"] == (1, *grid.shape)
