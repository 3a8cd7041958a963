"""Fields and velocities of the model on another lattice, brought to the target grid."""

import os
from datetime import date
from pathlib import Path

import netCDF4
import numpy as np
import pyproj
import pytest
from product_files import write_moorings

from superice.errors import InputError
from superice.fields.grid import Grid
from superice.readers import nextsim_moorings

DAY = date(2022, 4, 12)
REAL = os.environ.get("SUPERICE_REAL_DATA")
OWN = "+proj=stere +lat_0=90 +lat_ts=60 +a=6378273 +b=6356889.448910593"


@pytest.fixture(scope="module")
def target():
    """60 x 70 cells of 3 km beside the pole."""
    crs = pyproj.CRS("+proj=stere +lat_0=90 +lat_ts=90 +lon_0=-45 +R=6378273")
    return Grid("target", crs, -30_000 + 3000.0 * np.arange(70), -150_000 + 3000.0 * np.arange(60))


def native(longitude=-45.0, step=10_000.0, cells=80):
    """Return a lattice of neXtSIM's own projection around the pole, rotated to its central longitude."""
    axis = step * (np.arange(cells) - cells / 2 + 0.3)
    return Grid("native", pyproj.CRS(f"{OWN} +lon_0={longitude}"), axis, axis)


class Curved:
    """A lattice of 12 km that bends, like that of an ocean model: circles and rays around a far point."""

    shape = (70, 80)

    def __init__(self):
        radius, angle = 3.0e6 + 12_000 * np.arange(70)[:, None], np.linspace(-0.16, 0.16, 80)
        x, y = radius * np.sin(angle), radius * np.cos(angle) - 3.45e6
        crs = pyproj.Proj("+proj=stere +lat_0=90 +lat_ts=90 +lon_0=-45 +R=6378273")
        self.coordinates = crs(x, y, inverse=True)

    def lonlat(self):
        return self.coordinates


def flow(longitude, latitude):
    """Return the eastward and northward components, in m s-1, of a flow that is smooth across the pole."""
    x, y = polar(longitude, latitude)
    u, v = 0.1 + 2e-7 * y + 5e-8 * x, -0.05 + 1e-7 * x
    turn = np.radians(longitude)
    return u * np.cos(turn) + v * np.sin(turn), -u * np.sin(turn) + v * np.cos(turn)


def polar(longitude, latitude):
    """Return smooth coordinates of the polar region in m, independent of the projections in the code under test."""
    distance = 111_000 * (90 - latitude)
    return distance * np.sin(np.radians(longitude)), -distance * np.cos(np.radians(longitude))


def along_axes(longitude, latitude, east, north):
    """Return the components of a flow along the rows and the columns of a lattice, from azimuths on the sphere."""
    geod = pyproj.Geod(a=6378273, f=0)
    components = []
    for axis in (1, 0):
        before, after = (np.take(np.arange(n), k, mode="clip") for n, k in ends(longitude.shape[axis]))
        take = lambda values, where, axis=axis: np.take(values, where, axis=axis)
        forward, _, _ = geod.inv(longitude, latitude, take(longitude, after), take(latitude, after))
        backward, _, _ = geod.inv(longitude, latitude, take(longitude, before), take(latitude, before))
        edge = np.broadcast_to(np.expand_dims(after == np.arange(after.size), 1 - axis), longitude.shape)
        azimuth = np.radians(np.where(edge, backward + 180, forward))
        components.append(east * np.sin(azimuth) + north * np.cos(azimuth))
    return components


def ends(size):
    cells = np.arange(size)
    return (size, cells - 1), (size, np.minimum(cells + 1, size - 1))


def write(folder, lattice, **changes):
    longitude, latitude = lattice.lonlat()
    x, y = polar(longitude, latitude)
    u, v = along_axes(longitude, latitude, *flow(longitude, latitude))
    fields = {"sic": 0.7 + 1e-7 * x, "sit": 2 + 1e-6 * y, "siu": u, "siv": v, "divergence": 1e-7 + 1e-13 * x}
    return write_moorings(folder, lattice, [DAY], fields | changes)


@pytest.mark.parametrize("lattice", [native(), native(longitude=17.0), native(step=3000.0, cells=200), Curved()])
def test_fields_and_velocities_arrive_on_the_target(tmp_path, target, lattice):
    path = write(tmp_path, lattice)
    with pytest.raises(InputError, match="wrong grid"):
        nextsim_moorings.read(path, DAY, target)
    model = nextsim_moorings.read(path, DAY, target, resample=True)
    longitude, latitude = target.lonlat()
    x, y = polar(longitude, latitude)
    np.testing.assert_allclose(model.sit, 2 + 1e-6 * y, atol=1e-3)
    np.testing.assert_allclose(model.sic, 0.7 + 1e-7 * x, atol=1e-4)
    np.testing.assert_allclose(model.divergence, 1e-7 + 1e-13 * x, rtol=1e-3)
    u, v = along_axes(longitude, latitude, *flow(longitude, latitude))
    np.testing.assert_allclose(model.u, u, atol=1.5e-3)
    np.testing.assert_allclose(model.v, v, atol=1.5e-3)


def test_a_gap_neither_grows_nor_shrinks(tmp_path, target):
    lattice = native(longitude=10.0)
    thickness = np.full(lattice.shape, 2.0)
    row, column = (int(np.argmin(np.abs(axis - place))) for axis, place in ((lattice.y, -80_000), (lattice.x, -50_000)))
    thickness[row, column] = np.nan
    model = nextsim_moorings.read(write(tmp_path, lattice, sit=thickness), DAY, target, resample=True)
    x, y = pyproj.Proj(lattice.crs)(*target.lonlat())
    of_cell = (np.abs(x - lattice.x[column]) < 5000) & (np.abs(y - lattice.y[row]) < 5000)
    assert 8 <= of_cell.sum() <= 16
    np.testing.assert_array_equal(np.isnan(model.sit), of_cell)
    np.testing.assert_allclose(model.sit[~of_cell], 2.0)


@pytest.mark.parametrize("step", [3000.0, 10_000.0])
def test_cells_of_both_grids_may_coincide(tmp_path, target, step):
    """A search along gradients fails where a cell is exactly one step away."""
    axis = lambda along: along[0] - 30_000 + step * np.arange(np.ceil((np.ptp(along) + 60_000) / step))
    lattice = Grid("same origin", target.crs, axis(target.x), axis(target.y)[: -1 if step > 3000 else 40])
    model = nextsim_moorings.read(write(tmp_path, lattice), DAY, target, resample=True)
    covered = target.y < lattice.y[-1] + step / 2
    assert covered.sum() > 20
    np.testing.assert_array_equal(np.isfinite(model.sit).all(axis=1), covered)
    np.testing.assert_array_equal(np.isfinite(model.sit).any(axis=1), covered)


def test_bilinear_values_stay_between_those_of_the_cells(tmp_path, target):
    lattice = native()
    steps = np.random.default_rng(0).choice([0.0, 4.0], lattice.shape)
    model = nextsim_moorings.read(write(tmp_path, lattice, sit=steps), DAY, target, resample=True)
    assert model.sit.min() >= 0 and model.sit.max() <= 4
    assert 1.5 < model.sit.mean() < 2.5


def test_what_lies_outside_the_lattice_is_missing_and_nothing_within_is_refused(tmp_path, target):
    part = native(cells=20)
    model = nextsim_moorings.read(write(tmp_path, part), DAY, target, resample=True)
    x, y = pyproj.Proj(part.crs)(*target.lonlat())
    inside = (np.abs(x - part.x.mean()) < 100_000) & (np.abs(y - part.y.mean()) < 100_000)
    assert 500 < inside.sum() < inside.size
    np.testing.assert_array_equal(np.isfinite(model.sit), inside)
    far = Grid("far", part.crs, part.x + 2e6, part.y)
    with pytest.raises(InputError, match="none of its cells lies within 'target'"):
        nextsim_moorings.read(write(tmp_path, far), DAY, target, resample=True)


def test_a_mirrored_lattice_is_refused(tmp_path, target):
    usual = native()
    mirrored = Grid("mirrored", usual.crs, usual.x, usual.y[::-1])
    with pytest.raises(InputError, match="mirrored"):
        nextsim_moorings.read(write(tmp_path, mirrored), DAY, target, resample=True)


def test_the_targets_own_lattice_is_taken_as_it_is(tmp_path, target):
    path = write(tmp_path, target.pad(3))
    allowed, strict = (nextsim_moorings.read(path, DAY, target, resample=resample) for resample in (True, False))
    for name in ("sic", "sit", "u", "v", "divergence"):
        np.testing.assert_array_equal(getattr(allowed, name), getattr(strict, name))


def test_a_window_of_a_larger_lattice_reads(tmp_path, small_grid, fields):
    path = write_moorings(tmp_path, small_grid, [DAY], fields)
    inner = Grid("inner", small_grid.crs, small_grid.x[5:30], small_grid.y[3:20])
    np.testing.assert_allclose(nextsim_moorings.read(path, DAY, inner).sit, fields["sit"][3:20, 5:30], rtol=1e-6)


def test_other_lattices_are_refused(tmp_path, small_grid, fields):
    path = write_moorings(tmp_path, small_grid, [DAY], fields)
    for other in (
        Grid("shifted", small_grid.crs, small_grid.x + 400, small_grid.y),
        Grid("coarser", small_grid.crs, small_grid.x[:10] * 2, small_grid.y[0] + 6000.0 * np.arange(10)),
        small_grid.pad(1),
    ):
        with pytest.raises(InputError, match="wrong grid") as caught:
            nextsim_moorings.read(path, DAY, other)
        assert (caught.value.file, caught.value.variable) == (str(path), "longitude, latitude")


@pytest.mark.skipif(not REAL, reason="SUPERICE_REAL_DATA is not set")
def test_a_flow_on_the_real_curvilinear_lattice(tmp_path, target):
    """Use the longitudes, latitudes and thickness of a real neXtSIM file of 12 km."""
    with netCDF4.Dataset(next((Path(REAL) / "nextsim").glob("*.nc"))) as data:
        coordinates = [np.asarray(data[name][:], float) for name in ("longitude", "latitude")]
        thickness = np.ma.filled(data["sit"][:].astype(float), np.nan)
    lattice = Curved()
    lattice.shape, lattice.coordinates = thickness.shape, coordinates
    path = write(tmp_path, lattice, sic=np.full(thickness.shape, 0.9), sit=thickness)
    model = nextsim_moorings.read(path, DAY, target, resample=True)
    u, v = along_axes(*target.lonlat(), *flow(*target.lonlat()))
    np.testing.assert_allclose(model.u, u, atol=3e-3)
    np.testing.assert_allclose(model.v, v, atol=3e-3)
    assert np.isfinite(model.sit).all()
    assert 1 < model.sit.mean() < 4
