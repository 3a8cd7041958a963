"""Features of observations, and the command that makes them."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyproj
import pytest
from feature_days import DAY, ROOT, STEREOGRAPHIC, make_grid_near_pole, run_script
from product_files import DRIFT_AXES_KM, ease2_axes, write_concentration, write_drift, write_thickness

from superice.dataset.layout import FIELDS, MASK_REASONS
from superice.features.files import read_observed_features
from superice.features.observed import make_observed_day
from superice.features.settings import FeatureSettings, ObservationSettings
from superice.fields.grid import Grid
from superice.readers import cs2smos, osisaf_concentration, osisaf_drift
from superice.report.run_facts import tabulate_coverage
from superice.utils.files import write_json

REAL = os.environ.get("SUPERICE_REAL_DATA")
DIVERGENCE = 2e-7


@pytest.fixture(scope="module")
def grid():
    return make_grid_near_pole()


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
    holed[:, 209:212] = np.nan
    changed = type(product)(product.path, product.grid, holed)
    inputs = (changed, concentration, drift) if name == "thickness" else (thickness, changed, drift)
    day = make_observed_day(*inputs, grid, np.zeros(grid.shape, bool), FeatureSettings())
    whole = make_observed_day(*readings, grid, np.zeros(grid.shape, bool), FeatureSettings())
    bit = {"thickness": 1, "concentration": 2}[name]
    hit = (day.mask_reason & bit) > 0
    longitude, latitude = grid.lonlat()
    x, _ = pyproj.Proj(thickness.grid.crs)(longitude, latitude)
    assert hit.any()
    np.testing.assert_array_equal(hit, (x > -175_000) & (x < -100_000))
    assert all(np.isnan(day.fields[field][hit]).all() for field in FIELDS)
    elsewhere = (day.mask_reason == 0) & (whole.mask_reason == 0)
    np.testing.assert_allclose(day.fields["sit"][elsewhere], whole.fields["sit"][elsewhere], atol=0.01)


def observe(folder, products, day, land=False, **folders):
    (folder / "land.npy").parent.mkdir(exist_ok=True)
    np.save(folder / "land.npy", np.full((60, 70), land))
    output = folder / f"sic_sit_e1_e2_{day:%Y%m%d}.npz"
    options = {"cs2smos": products, "concentration": products, "drift": products} | folders
    sources = [part for name, place in options.items() for part in (f"--{name}", place)]
    said = run_script(
        "observed_features.py", folder, *sources, "--date", day, "--land", folder / "land.npy",
        "--settings-digest", "0123456789ab",
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
        assert data.configuration_digest == "0123456789ab"
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


def test_a_gap_of_one_product_leaves_the_others_beyond_the_mask(grid, readings):
    thickness, concentration, drift = readings
    holed = concentration.concentration.copy()
    holed[:, 209:212] = np.nan
    concentration = osisaf_concentration.Concentration(concentration.path, concentration.grid, holed)
    land = np.zeros(grid.shape, bool)
    land[:5] = True
    day = make_observed_day(thickness, concentration, drift, grid, land, FeatureSettings())
    bits = {name: (day.mask_reason & bit) > 0 for bit, name in MASK_REASONS.items()}
    kept = day.mask_reason == 0
    whole = {name: np.where(kept, day.fields[name], day.beyond_mask[name]) for name in FIELDS}
    assert not any((np.isfinite(day.fields[name]) & np.isfinite(day.beyond_mask[name])).any() for name in FIELDS)
    np.testing.assert_array_equal(np.isfinite(whole["sit"]), ~land)
    np.testing.assert_array_equal(np.isfinite(whole["sic"]), ~land & ~bits["concentration_missing"])
    np.testing.assert_array_equal(np.isfinite(whole["shear"]), ~land & ~bits["drift_missing"])
    assert bits["concentration_missing"].any() and bits["drift_missing"].any()
    assert day.thickness_pixels == (~land).sum() > day.kept_pixels


@pytest.mark.parametrize("product", ["drift", "concentration"])
def test_a_missing_file_costs_only_what_it_holds(tmp_path, products, product):
    """The four published arrays are as empty as ever; a network of partly missing inputs gets the rest."""
    (tmp_path / "empty").mkdir()
    _, complete, _ = observe(tmp_path / "complete", products, DAY)
    said, features, record = observe(tmp_path / "partly", products, DAY, **{product: tmp_path / "empty"})
    assert said.count("warning: ") == 1 and not record["available"] and record["has_thickness"]
    assert not any(np.isfinite(getattr(features, name)).any() for name in FIELDS)
    assert record["kept_pixels"] == 0
    path = tmp_path / "partly" / "sic_sit_e1_e2_20220412.npz"
    rest = read_observed_features(path, partly_missing=True)
    assert rest.mask.sum() == record["thickness_pixels"] == rest.mask.size
    where = complete.mask
    if product == "drift":
        np.testing.assert_array_equal(rest.sic[where], complete.sic[where])
        np.testing.assert_array_equal(rest.sit[where], complete.sit[where])
        assert not np.isfinite(rest.deformation).any()
    else:
        np.testing.assert_array_equal(rest.deformation[where], complete.deformation[where])
        np.testing.assert_allclose(rest.sit[where], complete.sit[where] / 0.8, rtol=1e-3)  # 80 % ice, taken as whole
    import netCDF4

    with netCDF4.Dataset(path.with_suffix(".nc")) as data:
        np.testing.assert_array_equal(np.ma.filled(data["sit_beyond_mask"][:], np.nan), rest.sit)
        assert data["sit_beyond_mask"].units == "m"


@pytest.mark.parametrize(
    "missing", [["drift"], ["concentration"], ["cs2smos"], ["concentration", "drift"], ["cs2smos", "drift"]]
)
def test_all_ice_of_a_day_lacks_a_product_that_is_missing(tmp_path, products, missing):
    """All of the 60 x 70 cells are ice by the concentration and by the thickness; the drift has a hole."""
    (tmp_path / "empty").mkdir()
    _, complete, whole = observe(tmp_path / "complete", products, DAY)
    _, _, record = observe(tmp_path / "partly", products, DAY, **dict.fromkeys(missing, tmp_path / "empty"))
    names = {"cs2smos": "cs2smos", "concentration": "osisaf_concentration", "drift": "osisaf_drift"}
    hole = int((~complete.mask).sum())
    assert 0 < hole < 60 * 70
    assert whole["masked_pixels"] == {"cs2smos": 0, "osisaf_concentration": 0, "osisaf_drift": hole}
    assert record["ice_pixels"] == 60 * 70 and record["kept_pixels"] == 0
    assert record["masked_pixels"] == whole["masked_pixels"] | {names[name]: 60 * 70 for name in missing}


def test_every_day_has_a_row_of_coverage(tmp_path):
    """That of a day which lacks a product has its pixels, that of a day without anything has none."""
    pixels = {
        10: (200, {"cs2smos": 0, "osisaf_concentration": 0, "osisaf_drift": 50}, 150),
        11: (200, {"cs2smos": 0, "osisaf_concentration": 0, "osisaf_drift": 200}, 0),
        12: (0, {"cs2smos": 0, "osisaf_concentration": 0, "osisaf_drift": 0}, 0),
    }
    for day, (ice, lacking, kept) in pixels.items():
        record = {
            "date": f"2022-04-{day}",
            "branch": "observations",
            "available": kept > 0,
            "problems": [],
            "notes": [],
        }
        counts = {"ice_pixels": ice, "masked_pixels": lacking, "kept_pixels": kept}
        write_json(tmp_path / f"records/observations/202204{day}.json", record | counts)
    observations = {"first": "2022-04-10", "last": "2022-04-12"}
    (tmp_path / "calendar.yaml").write_text(
        f"calendar: {{season: {{first: 10-18, last: 04-15}}, every: 1, gaps: [], observations: {observations}}}"
    )
    command = ["--records", "records", "--observations", *(f"202204{day}" for day in pixels)]
    command += ["--settings", "calendar.yaml", "--missing", "m.csv", "--coverage", "c.csv", "--calendar", "k.csv"]
    script = ROOT / "workflow/scripts/list_inputs.py"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, script, *command], cwd=tmp_path, env=environment, check=True)
    rows = pd.read_csv(tmp_path / "c.csv").set_index("date")
    assert rows.index.tolist() == ["2022-04-10", "2022-04-11", "2022-04-12"]
    assert rows.without_osisaf_drift.tolist() == [50, 200, 0]
    assert rows.kept_percent.tolist()[:2] == [75, 0] and np.isnan(rows.kept_percent.iloc[2])
    (month,) = tabulate_coverage(rows.reset_index()).to_dict("records")
    assert month["dates"] == 3
    assert month["without osisaf drift (%)"] == 62.5 and month["kept (%)"] == 37.5  # 250 and 150 of 400 pixels


def test_the_record_says_that_an_area_is_land_or_not_covered(tmp_path, products):
    said, _, record = observe(tmp_path, products, DAY, land=True)
    assert [problem["reason"].split(";")[0] for problem in record["problems"]] == ["every cell of the area is land"]
    assert "every cell of the area is land" in said and not record["available"]
    dx_axis, dy_axis = DRIFT_AXES_KM
    elsewhere, nothing = tmp_path / "elsewhere", np.zeros((177, 119))
    far = np.hypot(dx_axis, dy_axis[:, None]) > 2000
    write_drift(elsewhere, DAY, nothing, nothing, np.where(far, 30, 0))
    _, _, record = observe(tmp_path, products, DAY, drift=elsewhere)
    (problem,) = record["problems"]
    assert problem["reason"].startswith("no cell of the area at sea has a value of osisaf_drift; ")


def test_features_carry_the_uncertainties_that_the_products_state(grid, readings):
    """That of the mean thickness is that of the ice times the concentration, 0.8 here; one component of three is silent."""
    thickness, concentration, drift = readings
    land = np.zeros(grid.shape, bool)
    without = make_observed_day(*readings, grid, land, FeatureSettings())
    assert without.uncertainties == {}
    thickness = replace(thickness, uncertainty=np.where(np.isfinite(thickness.thickness), 0.2, np.nan))
    drift = replace(drift, uncertainty=np.where(np.isfinite(drift.u), 5e-3, np.nan))
    day = make_observed_day(thickness, concentration, drift, grid, land, FeatureSettings())
    assert set(day.uncertainties) == {"sit_uncertainty", "divergence_uncertainty"}
    known = np.isfinite(day.fields["sit"])
    np.testing.assert_allclose(day.uncertainties["sit_uncertainty"][known], 0.16, rtol=1e-3)
    expected = 2 * np.sqrt(1.5) / (4 * 62_500) * 5e-3
    np.testing.assert_allclose(day.uncertainties["divergence_uncertainty"][known], expected, rtol=1e-3)
    for name in FIELDS:
        np.testing.assert_array_equal(day.fields[name], without.fields[name])


def sample_nearest(path, variable, longitude, latitude):
    """Return the value of the file's 25 km cell around each point, NaN where it has none."""
    import netCDF4

    with netCDF4.Dataset(path) as data:
        values = np.ma.filled(np.ma.squeeze(data[variable][:]).astype(float), np.nan)
        axes = 1000 * np.asarray(data["xc"][:], float), 1000 * np.asarray(data["yc"][:], float)
    places = pyproj.Proj("EPSG:6931")(longitude, latitude)
    column, row = (np.rint((at - axis[0]) / (axis[1] - axis[0])).astype(int) for at, axis in zip(places, axes))
    return values[row, column]


@pytest.mark.skipif(not REAL, reason="SUPERICE_REAL_DATA is not set")
def test_on_the_real_day_all_ice_with_a_thickness_has_inputs():
    """12 April 2022 around Greenland and its north: counted from the files, the nearest cell of each pixel."""
    target = Grid("greenland", STEREOGRAPHIC, 3000.0 * np.arange(-300, 300), -1_500_000 + 3000.0 * np.arange(500))
    readings = [
        module.read(module.find(Path(REAL) / folder, DAY), DAY)
        for module, folder in (
            (cs2smos, "cs2smos"), (osisaf_concentration, "osisaf_sic"), (osisaf_drift, "osisaf_drift")
        )
    ]  # fmt: skip
    day = make_observed_day(*readings, target, np.zeros(target.shape, bool), FeatureSettings())
    points = target.lonlat()
    thickness = sample_nearest(readings[0].path, "analysis_sea_ice_thickness", *points)
    concentration = sample_nearest(readings[1].path, "ice_conc", *points)
    ice = (thickness > 0) & (concentration > 15)
    whole = np.isfinite(day.beyond_mask["sit"]) | (day.mask_reason == 0)
    assert (whole & ice).sum() > 0.99 * ice.sum()
    assert (day.mask_reason[ice] == 0).mean() < 0.9
