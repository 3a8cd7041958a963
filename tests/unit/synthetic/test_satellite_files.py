"""The files of the synthetic satellites through the project's readers, against the truth; their layouts."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import netCDF4
import numpy as np
import pyproj
import pytest

from superice.fields.grid import Grid
from superice.readers import cs2smos, nextsim_moorings, osisaf_concentration, osisaf_drift
from superice.readers.osisaf_drift import GRID as DRIFT_GRID
from superice.synthetic import file_names
from superice.synthetic.satellite_files import write_concentration, write_drift, write_thickness
from superice.synthetic.satellites import View, average_footprint

ROOT = Path(__file__).parents[3]
DAY = date(2023, 1, 10)
LATTICE = pyproj.CRS("+proj=stere +lat_0=90 +lat_ts=90 +lon_0=-45 +R=6378273")
real = pytest.mark.skipif(
    "SUPERICE_REAL_DATA" not in os.environ, reason="SUPERICE_REAL_DATA names no folder of real files"
)


@pytest.fixture(scope="module")
def files(satellites, tmp_path_factory):
    folder = tmp_path_factory.mktemp("satellites")
    paths = [
        folder / name(DAY) for name in (file_names.cs2smos_name, file_names.concentration_name, file_names.drift_name)
    ]
    for write, path in zip((write_thickness, write_concentration, write_drift), paths, strict=True):
        write(path, satellites, DAY)
    return paths


def test_the_readers_find_the_files_by_their_date(files):
    folder = files[0].parent
    assert [product.find(folder, DAY) for product in (cs2smos, osisaf_concentration, osisaf_drift)] == files


def test_thickness_is_that_of_the_ice_to_within_its_noise(satellites, files):
    read = cs2smos.read(files[0], DAY)
    truth = satellites.arctic.simulate_day(DAY)
    with np.errstate(invalid="ignore", divide="ignore"):
        of_ice = np.where(truth.sic > 0.5, truth.sit / truth.sic, np.nan)
    view = View(read.grid, satellites.arctic.grid)
    expected = view.sample(average_footprint(of_ice, 30))
    known = np.isfinite(expected) & np.isfinite(read.thickness)
    assert known.sum() > 50
    error = (read.thickness - expected)[known]
    assert abs(error.mean()) < 0.08
    assert error.std() < 0.2


def test_concentration_is_the_truth_to_within_its_noise(satellites, files):
    read = osisaf_concentration.read(files[1], DAY)
    expected = View(read.grid, satellites.arctic.grid).sample(
        average_footprint(satellites.arctic.simulate_day(DAY).sic, 5)
    )
    known = np.isfinite(expected) & np.isfinite(read.concentration) & (expected > 0.2)
    error = (read.concentration - expected)[known]
    assert known.sum() > 500
    assert abs(error.mean()) < 0.01
    assert error.std() < 0.02


def test_drift_is_the_true_motion_to_within_its_noise(satellites, files):
    read = osisaf_drift.read(files[2], DAY)
    arctic = satellites.arctic
    view = View(read.grid, arctic.grid)
    expected = view.sample(average_footprint(arctic.simulate_day(DAY).u * arctic.scale, 31))
    known = np.isfinite(expected) & np.isfinite(read.u)
    assert known.sum() > 10
    # The mean over 48 h differs from the day's by what the drift changes meanwhile.
    assert np.corrcoef(expected[known], read.u[known])[0, 1] > 0.6 or np.std(expected[known]) < 0.01
    assert np.sqrt(np.mean((expected - read.u)[known] ** 2)) < 0.06


def test_the_stored_end_of_a_drift_vector_is_its_displacement(files):
    with netCDF4.Dataset(files[2]) as file:
        dx, dy = file["dX"][0], file["dY"][0]
        x, y = pyproj.Proj(DRIFT_GRID.crs)(file["lon1"][0].filled(np.nan), file["lat1"][0].filled(np.nan))
        known = ~np.ma.getmaskarray(dx)
        start_x, start_y = np.meshgrid(file["xc"][:], file["yc"][:])
    assert known.any()
    assert np.abs(x[known] / 1000 - start_x[known] - dx[known]).max() < 0.02
    assert np.abs(y[known] / 1000 - start_y[known] - dy[known]).max() < 0.02


def make(folder, settings="{}"):
    (folder / "settings.yaml").write_text(f"synthetic: {settings}")
    command = [
        sys.executable,
        "workflow/scripts/make_synthetic_season.py",
        "--areas",
        str(folder / "areas.yaml"),
        "--area",
        "small",
    ]
    command += ["--season-start", "2022-10-18", "--season-end", "2023-04-15", "--dates=2023-01-10"]
    command += [
        "--observed-dates=2023-01-10",
        "--settings",
        str(folder / "settings.yaml"),
        "--output",
        str(folder / "out"),
    ]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    return sorted(path for path in (folder / "out").rglob("*") if path.is_file())


AREA = """small:
  projection: {proj: stere, lat_0: 90, lat_ts: 90, lon_0: -45, R: 6378273}
  shape: {height: 32, width: 40}
  area_extent: {lower_left_xy: [148500, -571500], upper_right_xy: [268500, -475500], units: m}
"""


def test_files_are_the_same_when_written_again_and_a_missing_day_is_not_written(tmp_path):
    folders = [tmp_path / name for name in ("one", "two", "gap")]
    for folder in folders:
        folder.mkdir()
        (folder / "areas.yaml").write_text(AREA)
    one, two = make(folders[0]), make(folders[1])
    assert len(one) == 4
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]
    gap = make(folders[2], '{"missing": {"drift": ["2023-01-10"]}}')
    assert {path.parent.name for path in gap} == {"nextsim", "cs2smos", "concentration"}
    grid = Grid("small", LATTICE, 150_000 + 3000.0 * np.arange(40), -570_000 + 3000.0 * np.arange(32))
    model = nextsim_moorings.read(nextsim_moorings.find(folders[0] / "out" / "nextsim", DAY), DAY, grid)
    assert model.sit.shape == (32, 40)
    inner = slice(1, -1)
    du = (model.u[inner, 2:] - model.u[inner, :-2]) / 6000
    dv = (model.v[2:, inner] - model.v[:-2, inner]) / 6000
    assert model.divergence[inner, inner] == pytest.approx(du + dv, abs=2e-8)


@real
@pytest.mark.parametrize(
    ("number", "pattern", "variable"),
    [
        (0, "cs2smos/W_*v205*.nc", "analysis_sea_ice_thickness"),
        (1, "osisaf_sic/ice_conc_nh_polstere*.nc", "ice_conc"),
        (2, "osisaf_drift/ice_drift_nh*202204121200-*.nc", "dX"),
    ],
)
def test_layouts_are_the_providers(files, number, pattern, variable):
    provider = next(Path(os.environ["SUPERICE_REAL_DATA"]).glob(pattern))
    with netCDF4.Dataset(files[number]) as ours, netCDF4.Dataset(provider) as theirs:
        for name in ("xc", "yc"):
            assert np.asarray(ours[name][:]) == pytest.approx(np.asarray(theirs[name][:]))
            assert ours[name].units == theirs[name].units
        assert ours[variable].dimensions == theirs[variable].dimensions
        assert ours[variable].dtype == theirs[variable].dtype
        for attribute in {"_FillValue", "scale_factor", "units"} & set(theirs[variable].ncattrs()):
            ours_value, theirs_value = (f[variable].getncattr(attribute) for f in (ours, theirs))
            assert (
                ours_value == theirs_value
                if isinstance(theirs_value, str)
                else ours_value == pytest.approx(theirs_value)
            )
        assert ours["time"].units == theirs["time"].units
