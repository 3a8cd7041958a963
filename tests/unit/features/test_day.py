"""Features of both branches, and the commands that make them."""

import json
import os
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyproj
import pytest
import xarray as xr
from product_files import (
    DRIFT_AXES_KM,
    ease2_axes,
    write_cmems,
    write_concentration,
    write_drift,
    write_moorings,
    write_thickness,
)

from superice.dataset.layout import FIELDS, MASK_REASONS, write_model_features, write_observed_features
from superice.errors import InputError
from superice.features.day import (
    Features,
    FeatureSettings,
    ObservationSettings,
    build_model_features,
    make_model_day,
    make_observed_day,
    read_archived_day,
    read_model_features,
    read_observed_features,
    summarise_model_day,
)
from superice.fields.box_filter import LowResolution
from superice.fields.grid import Grid
from superice.readers import cs2smos, nextsim_cmems, nextsim_moorings, osisaf_concentration, osisaf_drift

DAY = date(2022, 4, 12)
ROOT = Path(__file__).parents[3]
REAL = os.environ.get("SUPERICE_REAL_DATA")
STEREOGRAPHIC = pyproj.CRS("+proj=stere +lat_0=90 +lat_ts=90 +lon_0=-45 +R=6378273")


@pytest.fixture(scope="module")
def grid():
    """60 x 70 cells of 3 km near the pole."""
    return Grid("near_pole", STEREOGRAPHIC, 3000.0 * np.arange(70), -400_000 + 3000.0 * np.arange(60))


def model(grid, **changes):
    """A model day with ice in the upper two thirds, a uniform strain, and a lead of one pixel."""
    shape = grid.shape
    sic, sit = np.ones(shape), np.full(shape, 2.0)
    sic[:20], sit[:20] = 0.0, 0.0
    sic[40], sit[40] = 0.0, 0.0
    x, y = grid.x - grid.x[0], (grid.y - grid.y[0])[:, None]
    fields = {
        "sic": sic,
        "sit": sit,
        "u": 1e-7 * x + 0 * y,
        "v": np.where(sic > -1, 2e-7 * y + 0 * x, 0),
        "divergence": None,
    }
    fields["u"][:20], fields["v"][:20] = 5.0, -5.0
    return nextsim_moorings.ModelDay(Path("moorings.nc"), **(fields | changes))


def test_the_open_ocean_takes_no_part_in_means_over_ice(grid):
    high, low = make_model_day(model(grid), grid, FeatureSettings())
    features = build_model_features(DAY, high, low, FeatureSettings())
    ice = features.mask
    assert ice[21:].all() and not ice[:17].any()
    # Near the edge the thickness is that of the ice, less the lead and the rim of the concentration's box.
    assert features.sit[50, 35] == pytest.approx(2 * 29 / 30, abs=0.02)
    assert features.sit[24, 35] > 1.5
    # A current of 5 m/s in open water would show as a shear of 1e-3 s-1.
    assert np.nanmax(features.shear) < 3e-4
    np.testing.assert_allclose(features.divergence[55, 35], 3e-7, rtol=0.02)
    np.testing.assert_allclose(features.shear[55, 35], 1e-7, rtol=0.05)


def test_the_models_own_divergence_is_taken_where_it_is_written(grid):
    own = np.full(grid.shape, -4e-7)
    high, low = make_model_day(model(grid, divergence=own), grid, FeatureSettings())
    assert high["divergence"] is own
    np.testing.assert_allclose(low["divergence"][np.isfinite(low["divergence"])], -4e-7)


def test_means_over_the_boxes_are_those_of_the_settings(grid):
    narrow = FeatureSettings(low_resolution=LowResolution("boxes", 3, 9, 9))
    _, low = make_model_day(model(grid), grid, narrow)
    assert low["sit"][45, 30] == pytest.approx(2.0)
    assert low["sit"][41, 30] == pytest.approx(2.0)
    assert np.isnan(low["sit"][40, 30])
    assert low["sic"][40, 30] == 0


def test_statistics_cover_the_mask_and_count_the_floored(grid):
    high, low = make_model_day(model(grid), grid, FeatureSettings())
    features = build_model_features(DAY, high, low, FeatureSettings())
    statistics, floored = summarise_model_day(features, 1e-4)
    assert statistics["sit"]["n"] == features.mask.sum()
    assert statistics["increment"]["mean"] == pytest.approx(
        (features.truth - features.sit)[features.mask].mean(), abs=1e-6
    )
    assert floored == 0.0
    assert summarise_model_day(features, 1e3)[1] == 1.0


def test_model_features_come_back_from_their_file(tmp_path, grid):
    high, low = make_model_day(model(grid), grid, FeatureSettings())
    path = tmp_path / "20220412.nc"
    write_model_features(path, grid, DAY, high, low, {})
    read, made = read_model_features(path), build_model_features(DAY, high, low, FeatureSettings())
    assert read.date == DAY
    for name in (*FIELDS, "truth"):
        np.testing.assert_array_equal(getattr(read, name), getattr(made, name))
        assert getattr(read, name).dtype == np.float32
    np.testing.assert_array_equal(read.mask, made.mask)
    again, _ = read_archived_day(path, DAY, grid)
    np.testing.assert_array_equal(again["sit"], made.truth)
    with pytest.raises(InputError, match="wrong grid"):
        read_archived_day(path, DAY, Grid("moved", grid.crs, grid.x + 3000, grid.y))


def test_published_observations_in_percent_are_refused(tmp_path, grid):
    fields = {name: np.full(grid.shape, 1e-6, np.float32) for name in FIELDS} | {"sic": np.full(grid.shape, 95.0)}
    path = tmp_path / "sic_sit_e1_e2_20220412.npz"
    write_observed_features(path, tmp_path / "o.nc", grid, DAY, fields, np.zeros(grid.shape, np.uint8), {})
    with pytest.raises(InputError, match="above 1"):
        read_observed_features(path)
    np.savez(path, **{name: fields[name] for name in FIELDS if name != "shear"})
    with pytest.raises(InputError, match="array missing") as caught:
        read_observed_features(path)
    assert caught.value.variable == "shear"


def test_the_mask_needs_every_input_and_ice():
    values = np.array([[1.0, 1.0, 1.0, 1.0, 0.1, 1.0]])
    fields = {name: values.copy() for name in FIELDS}
    for column, name in enumerate(FIELDS):
        fields[name][0, column] = np.nan
    assert Features(DAY, **fields).mask.tolist() == [[False, False, False, False, False, True]]


def test_settings_name_what_is_wrong():
    how = FeatureSettings.from_mapping({"sic_threshold": 0.3, "observations": {"thickness_kind": "cell_mean"}})
    assert (how.sic_threshold, how.observations.thickness_kind) == (0.3, "cell_mean")
    with pytest.raises(InputError, match=r"features\.observations: unknown key 'regriding'"):
        FeatureSettings.from_mapping({"observations": {"regriding": "spline"}})
    with pytest.raises(InputError, match="features: unknown key 'floor'"):
        FeatureSettings.from_mapping({"floor": 1})
    with pytest.raises(InputError, match="known are in_ice, cell_mean"):
        ObservationSettings(thickness_kind="effective")


DIVERGENCE = 2e-7


@pytest.fixture(scope="module")
def products(tmp_path_factory):
    """Three products over the pole: a slope of thickness, 80 % ice, a uniform divergence, and gaps."""
    folder = tmp_path_factory.mktemp("products")
    x, y = (1000 * axis for axis in ease2_axes())
    thickness = np.broadcast_to(2 + x / 1e6, (432, 432)).copy()
    near = np.hypot(x, y[:, None]) < 1.2e6
    thickness[~near] = np.nan
    percent = np.where(near, 80.0, 0.0)
    dx_axis, dy_axis = DRIFT_AXES_KM
    duration = 48 * 3600
    dx = np.broadcast_to(DIVERGENCE / 2 * duration * dx_axis, (177, 119)).copy()
    dy = np.broadcast_to(DIVERGENCE / 2 * duration * dy_axis[:, None], (177, 119)).copy()
    near = np.hypot(dx_axis, dy_axis[:, None]) < 1200
    hole = np.hypot(dx_axis, dy_axis[:, None] + 350) < 70
    status = np.where(near & ~hole, 30, 0)
    write_thickness(folder, DAY, thickness)
    write_concentration(folder, DAY, percent)
    write_drift(folder, DAY, dx, dy, status)
    return folder


@pytest.fixture(scope="module")
def readings(products):
    return [module.read(module.find(products, DAY), DAY) for module in (cs2smos, osisaf_concentration, osisaf_drift)]


def test_observed_fields_are_the_products_on_the_target_grid(grid, readings):
    land = np.zeros(grid.shape, bool)
    land[:5] = True
    day = make_observed_day(*readings, grid, land, FeatureSettings())
    kept = day.mask_reason == 0
    assert kept.sum() == day.kept_pixels > 1000
    for name in FIELDS:
        np.testing.assert_array_equal(np.isfinite(day.fields[name]), kept)
    longitude, latitude = grid.lonlat()
    x, _ = pyproj.Proj(readings[0].grid.crs)(longitude, latitude)
    np.testing.assert_allclose(day.fields["sic"][kept], 0.8, atol=1e-4)
    np.testing.assert_allclose(day.fields["sit"][kept], (0.8 * (2 + x / 1e6))[kept], atol=2e-3)
    np.testing.assert_allclose(day.fields["divergence"][kept], DIVERGENCE, rtol=1e-3)
    assert np.nanmax(day.fields["shear"]) < 1e-3 * DIVERGENCE
    as_it_is = FeatureSettings(observations=ObservationSettings(thickness_kind="cell_mean", smoothing_sigma=0))
    again = make_observed_day(*readings, grid, land, as_it_is)
    np.testing.assert_allclose(again.fields["sit"][kept], (2 + x / 1e6)[kept], atol=2e-3)


def test_reasons_name_what_masks_a_pixel(grid, readings):
    land = np.zeros(grid.shape, bool)
    land[:5] = True
    day = make_observed_day(*readings, grid, land, FeatureSettings())
    bits = {name: (day.mask_reason & bit) > 0 for bit, name in MASK_REASONS.items()}
    np.testing.assert_array_equal(bits["land"], land)
    # The hole of the drift is a vector wide; contours around it are incomplete over three cells each way.
    lost = bits["drift_missing"]
    assert 0 < lost.sum() < lost.size
    assert day.masked_pixels["osisaf_drift"] == (lost & ~land).sum()
    assert day.masked_pixels["cs2smos"] == day.masked_pixels["osisaf_concentration"] == 0
    assert day.ice_pixels == (~land).sum()
    assert not bits["thickness_missing"].any() and not bits["concentration_below_threshold"].any()


@pytest.mark.parametrize("name", ["thickness", "concentration"])
def test_a_gap_of_one_product_masks_all(grid, readings, name):
    thickness, concentration, drift = readings
    product = {"thickness": thickness, "concentration": concentration}[name]
    holed = getattr(product, name).copy()
    holed[:, 216:219] = np.nan
    changed = type(product)(product.path, product.grid, holed)
    inputs = (changed, concentration, drift) if name == "thickness" else (thickness, changed, drift)
    day = make_observed_day(*inputs, grid, np.zeros(grid.shape, bool), FeatureSettings())
    whole = make_observed_day(*readings, grid, np.zeros(grid.shape, bool), FeatureSettings())
    bit = {"thickness": 1, "concentration": 2}[name]
    hit = (day.mask_reason & bit) > 0
    longitude, latitude = grid.lonlat()
    x, _ = pyproj.Proj(thickness.grid.crs)(longitude, latitude)
    np.testing.assert_array_equal(hit, (x > 0) & (x < 75_000))
    assert all(np.isnan(day.fields[field][hit]).all() for field in FIELDS)
    elsewhere = (day.mask_reason == 0) & (whole.mask_reason == 0)
    np.testing.assert_allclose(day.fields["sit"][elsewhere], whole.fields["sit"][elsewhere], atol=0.01)


AREAS = """
near_pole:
  description: 60 x 70 cells near the pole
  projection: {proj: stere, lat_0: 90, lat_ts: 90, lon_0: -45, R: 6378273}
  shape: {height: 60, width: 70}
  area_extent: {lower_left_xy: [-1500, -401500], upper_right_xy: [208500, -221500], units: m}
"""


def call(script, folder, *options):
    """Run a workflow command; its standard error."""
    areas = folder / "areas.yaml"
    areas.write_text(AREAS)
    command = [
        sys.executable,
        ROOT / "workflow" / "scripts" / script,
        "--areas",
        areas,
        "--area",
        "near_pole",
    ]
    done = subprocess.run(  # noqa: PLW1510
        [*map(str, command), *map(str, options)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def observe(folder, products, day, **folders):
    (folder / "land.npy").parent.mkdir(exist_ok=True)
    np.save(folder / "land.npy", np.zeros((60, 70), bool))
    output = folder / f"sic_sit_e1_e2_{day:%Y%m%d}.npz"
    options = {"cs2smos": products, "concentration": products, "drift": products} | folders
    sources = [part for name, place in options.items() for part in (f"--{name}", place)]
    said = call(
        "observed_features.py", folder, *sources, "--date", day, "--land", folder / "land.npy",
        "--details", '{"a": "b"}',
        "--output", output, "--output-netcdf", output.with_suffix(".nc"), "--record", folder / "record.json",
    )  # fmt: skip
    return said, read_observed_features(output), json.loads((folder / "record.json").read_text())


def test_the_command_writes_an_observed_day(tmp_path, products):
    said, features, record = observe(tmp_path, products, DAY)
    assert said == ""
    assert features.date == DAY
    assert features.mask.sum() == record["kept_pixels"] > 1000
    assert record["available"] and record["problems"] == []
    import netCDF4

    with netCDF4.Dataset(tmp_path / "sic_sit_e1_e2_20220412.nc") as data:
        assert data.getncattr("a") == "b"
        np.testing.assert_array_equal(data["mask_reason"][:] == 0, features.mask)


def test_an_observed_day_with_faults_is_empty_and_all_faults_are_told(tmp_path, products):
    (tmp_path / "empty").mkdir()
    broken = tmp_path / "broken"
    thickness = np.full((432, 432), 30.0)
    path = write_thickness(broken, DAY, thickness)
    said, features, record = observe(tmp_path, products, DAY, cs2smos=broken, drift=tmp_path / "empty")
    assert not np.isfinite(features.sic).any()
    assert not record["available"]
    assert [problem["product"] for problem in record["problems"]] == ["cs2smos", "osisaf_drift"]
    assert record["problems"][0]["variable"] == "analysis_sea_ice_thickness"
    assert record["problems"][0]["file"] == str(path)
    assert said.count("warning: ") == 2 and "no file for 2022-04-12" in said


def run_model_features(folder, kind, source, day, *options):
    """Features and record of a model day by the workflow's command."""
    output, record = folder / kind / f"{day:%Y%m%d}.nc", folder / kind / f"{day:%Y%m%d}.json"
    said = call("model_features.py", folder, "--source", source, "--kind", kind, "--date", day,
                "--output", output, "--record", record, *options)  # fmt: skip
    return said, read_model_features(output), json.loads(record.read_text())


def test_the_command_writes_a_model_day_and_tells_of_a_missing_one(tmp_path, grid):
    day = model(grid)
    fields = {"sic": day.sic, "sit": day.sit, "siu": day.u / 5, "siv": day.v / 5}
    write_moorings(tmp_path / "nextsim", grid, [DAY], fields)

    said, features, record = run_model_features(tmp_path, "moorings", tmp_path / "nextsim", DAY)
    assert said == "" and record["available"]
    assert features.mask.sum() == record["statistics"]["sic"]["n"] > 2000
    said, again, archived = run_model_features(tmp_path, "archive", tmp_path / "moorings", DAY)
    np.testing.assert_array_equal(again.sit, features.sit)
    assert archived["statistics"] == record["statistics"]
    said, features, record = run_model_features(tmp_path, "moorings", tmp_path / "nextsim", date(2022, 4, 13))
    assert "warning: nextsim" in said and "no file for 2022-04-13" in said
    assert not np.isfinite(features.sic).any() and not features.mask.any()
    assert not record["available"] and record["statistics"]["sit"]["n"] == 0


def test_the_layouts_of_the_model_give_the_same_features(tmp_path, grid):
    """A day of Moorings, and 24 equal hours as the Copernicus Marine Service would deliver them."""
    day = model(grid)
    values = {"sic": day.sic, "sit": day.sit, "u": day.u / 5, "v": day.v / 5}
    hours = [datetime(2022, 4, 12) + timedelta(hours=n) for n in range(24)]
    renamed = lambda names: {names[key]: field for key, field in values.items()}
    write_moorings(tmp_path / "nextsim", grid, [DAY], renamed(nextsim_moorings.VARIABLES))
    name = "20220412_hr-nersc-MODEL-nextsimf-ARC-b20220413-fv00.0.nc"
    write_cmems(tmp_path / "marine", grid, hours, renamed(nextsim_cmems.VARIABLES), name)
    _, of_moorings, _ = run_model_features(tmp_path, "moorings", tmp_path / "nextsim", DAY)
    said, of_cmems, record = run_model_features(tmp_path, "cmems", tmp_path / "marine", DAY)
    assert said == "" and record["available"]
    for field in (*FIELDS, "truth"):
        np.testing.assert_allclose(getattr(of_cmems, field), getattr(of_moorings, field), rtol=1e-5, atol=1e-12)


def test_another_lattice_is_refused_unless_resampling_is_asked_for(tmp_path, grid):
    beyond = lambda axis: axis[0] - 30_000 + 10_000.0 * np.arange(30)
    coarse = Grid("coarse", grid.crs, beyond(grid.x), beyond(grid.y))
    fields = dict.fromkeys(("sic", "sit", "siu", "siv"), np.full(coarse.shape, 0.9))
    write_moorings(tmp_path / "nextsim", coarse, [DAY], fields)
    said, features, record = run_model_features(tmp_path, "moorings", tmp_path / "nextsim", DAY)
    assert "wrong grid" in said and not record["available"] and not features.mask.any()
    said, features, record = run_model_features(tmp_path, "moorings", tmp_path / "nextsim", DAY, "--resample")
    assert said == "" and record["available"] and features.mask.all()
    np.testing.assert_allclose(features.sit, 0.9, rtol=1e-6)


def test_days_weeks_and_months_give_the_same_bits(tmp_path, grid):
    days = [date(2022, 4, 8) + timedelta(n) for n in range(6)]
    random = np.random.default_rng(0)
    land = np.arange(grid.shape[1]) < 5
    field = lambda low, high: np.where(land, np.nan, random.uniform(low, high, (6, *grid.shape)))
    ranges = {"sic": (0.5, 1), "sit": (0, 4), "siu": (-0.3, 0.3), "siv": (-0.3, 0.3), "divergence": (-1e-5, 1e-5)}
    fields = {name: field(*limits) for name, limits in ranges.items()}
    of_days = lambda first, last: {name: values[first:last] for name, values in fields.items()}
    for n, day in enumerate(days):
        write_moorings(tmp_path / "days", grid, [day], of_days(n, n + 1))
    write_moorings(tmp_path / "weeks", grid, days[:3], of_days(0, 3), "Moorings_2022w14.nc")
    write_moorings(tmp_path / "weeks", grid, days[3:], of_days(3, 6), "Moorings_2022w15.nc")
    write_moorings(tmp_path / "months", grid, days, fields, "Moorings_2022m04.nc")

    def made(kind, day):
        source = nextsim_moorings.read(nextsim_moorings.find(tmp_path / kind, day), day, grid)
        high, low = make_model_day(source, grid, FeatureSettings())
        path = tmp_path / "made" / kind / f"{day:%Y%m%d}.nc"
        write_model_features(path, grid, day, high, low, {})
        with xr.open_dataset(path) as data:
            return {name: variable.values.tobytes() for name, variable in data.variables.items()}

    for day in days:
        once = made("days", day)
        assert len(once) == 8 + 6
        assert made("weeks", day) == once and made("months", day) == once
    assert made("days", days[0])["sit"] != made("days", days[1])["sit"]


@pytest.mark.skipif(not REAL, reason="SUPERICE_REAL_DATA is not set")
def test_the_real_day_has_no_rough_spots_and_all_the_ice_of_its_inputs():
    """12 April 2022 between Greenland and the pole: smooth at the scale of pixels, thick towards the coast."""
    target = Grid("basin", STEREOGRAPHIC, 3000.0 * np.arange(-100, 100), -600_000 + 3000.0 * np.arange(200))
    readings = [
        module.read(module.find(Path(REAL) / folder, DAY), DAY)
        for module, folder in (
            (cs2smos, "cs2smos"), (osisaf_concentration, "osisaf_sic"), (osisaf_drift, "osisaf_drift")
        )
    ]  # fmt: skip
    day = make_observed_day(*readings, target, np.zeros(target.shape, bool), FeatureSettings())
    assert day.kept_pixels > 0.9 * target.shape[0] * target.shape[1]
    thickness = day.fields["sit"]
    laplacian = thickness[2:, 1:-1] + thickness[:-2, 1:-1] + thickness[1:-1, 2:] + thickness[1:-1, :-2]
    laplacian = laplacian - 4 * thickness[1:-1, 1:-1]
    assert np.nanstd(laplacian) < 1e-3
    assert np.nanmean(thickness[:50]) > np.nanmean(thickness[-50:]) > 1
    assert 0 < np.nanmedian(day.fields["shear"]) * 86400 < 0.05
