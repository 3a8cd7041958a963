"""Units: a variable in any unit of its quantity reads as in the package's own, and other quantities are refused."""

from datetime import date, datetime, timedelta

import netCDF4
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from product_files import write_cmems, write_concentration, write_drift, write_moorings, write_thickness

from superice.errors import InputError
from superice.fields.units import SPELLINGS
from superice.readers import cs2smos, nextsim_cmems, nextsim_moorings, osisaf_concentration, osisaf_drift
from superice.readers.nextsim_thickness import read_thickness
from superice.readers.units import convert_units

DAY = date(2022, 4, 12)
NOON = datetime(2022, 4, 12, 12)
HOURS = [datetime(2022, 4, 12) + timedelta(hours=n) for n in range(24)]
CMEMS_NAME = "20220412_hr-nersc-MODEL-nextsimf-ARC-b20220412-fv00.0.nc"


class Stated:
    """Stands for a file that states one unit."""

    def __init__(self, unit):
        self.unit = unit

    def get_units(self, name):
        return self.unit

    def error(self, reason, variable, value=None):
        return InputError(reason, file="file.nc", variable=variable, value=value)


def convert(value, stated, unit):
    return float(convert_units(Stated(stated), "x", np.array([value]), unit)[0])


@pytest.mark.parametrize(
    ("value", "stated", "unit", "expected"),
    [
        (250.0, "cm", "m", 2.5),
        (2500.0, "mm", "m", 2.5),
        (62.5, "km", "m", 62_500.0),
        (1.0, "nautical_mile", "m", 1852.0),
        (8.64, "km/day", "m s-1", 0.1),
        (8.64, "km day-1", "m s-1", 0.1),
        (36.0, "km h**-1", "m s-1", 10.0),
        (10.0, "knots", "m s-1", 5.14444),
        (0.0864, "1/day", "s-1", 1e-6),
        (8.64, "% day-1", "s-1", 1e-6),
        (85.0, "%", "1", 0.85),
        (0.85, "(0 - 1)", "%", 85.0),
        (-10.0, "degC", "K", 263.15),
        (-10.0, "C", "K", 263.15),
        (14.0, "degF", "K", 263.15),
        (6.0, "hours", "s", 21_600.0),
        (np.pi / 2, "radian", "degree", 90.0),
    ],
)
def test_values_are_converted(value, stated, unit, expected):
    assert convert(value, stated, unit) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("spelling", "unit"), SPELLINGS.items())
def test_spellings_are_the_unit_itself(spelling, unit):
    values = np.array([1.5])
    assert convert_units(Stated(spelling), "x", values, unit) is values


@given(st.floats(0, 1e4), st.sampled_from(["mm", "cm", "dm", "km", "inch", "foot", "10 cm"]))
def test_a_length_survives_its_conversion(metres, unit):
    """Compare with the library's own conversion in the other direction."""
    from cf_units import Unit

    assert convert(Unit("m").convert(metres, unit), unit, "m") == pytest.approx(metres, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(("stated", "unit"), [("s", "m"), ("kg m-2", "m"), ("m", "m s-1"), ("Pa", "K"), ("m", "1")])
def test_another_quantity_is_refused_by_unit(stated, unit):
    with pytest.raises(InputError, match=f"file.nc, x: a unit that cannot be converted to {unit}.*{stated}"):
        convert(1.0, stated, unit)


def test_an_unknown_and_a_missing_unit_are_refused():
    with pytest.raises(InputError, match=r"an unknown unit; m or .* is needed \(found furlongish\)"):
        convert(1.0, "furlongish", "m")
    with pytest.raises(InputError, match="no unit is stated; m or"):
        convert(1.0, "", "m")
    assert convert_units(Stated(""), "x", np.array([2.0]), "m", assumed="cm") == 0.02


def set_units(path, **units):
    with netCDF4.Dataset(path, "a") as data:
        for name, unit in units.items():
            data[name].units = unit
    return path


MODEL_UNITS = {
    "sic": ("%", 100.0),
    "sit": ("cm", 100.0),
    "siu": ("km/day", 86.4),
    "siv": ("cm s-1", 100.0),
    "divergence": ("day-1", 86400.0),
}


def test_every_variable_of_nextsim_is_converted(tmp_path, small_grid, fields):
    plain = nextsim_moorings.read(write_moorings(tmp_path / "a", small_grid, [DAY], fields), DAY, small_grid)
    other = {name: values * MODEL_UNITS[name][1] for name, values in fields.items()}
    path = write_moorings(tmp_path / "b", small_grid, [DAY], other)
    set_units(path, **{name: unit for name, (unit, _) in MODEL_UNITS.items()})
    converted = nextsim_moorings.read(path, DAY, small_grid)
    for name in ("sic", "sit", "u", "v", "divergence"):
        np.testing.assert_allclose(getattr(converted, name), getattr(plain, name), rtol=1e-6, atol=1e-12)
    for name in MODEL_UNITS:
        wrong = set_units(path, **{name: "kg"})
        with pytest.raises(InputError, match=f"{name}: a unit that cannot be converted"):
            nextsim_moorings.read(wrong, DAY, small_grid)
        set_units(path, **{name: MODEL_UNITS[name][0]})


def test_copernicus_marine_and_snapshots_are_converted(tmp_path, small_grid):
    values = {"siconc": 90.0, "sithick": 150.0, "vxsi": 8.64, "vysi": 8.64}
    fields = {name: np.full(small_grid.shape, value) for name, value in values.items()}
    path = write_cmems(tmp_path, small_grid, HOURS, fields, CMEMS_NAME)
    set_units(path, siconc="%", sithick="cm", vxsi="km/day", vysi="km/day")
    model = nextsim_cmems.read(path, DAY, small_grid)
    found = [float(field.mean()) for field in (model.sic, model.sit, model.u, model.v)]
    np.testing.assert_allclose(found, [0.9, 1.5, 0.1, 0.1], rtol=1e-6)
    path = write_moorings(tmp_path / "snapshots", small_grid, [NOON], {"sit": np.full(small_grid.shape, 150.0)}, "a.nc")
    set_units(path, sit="cm")
    (thickness,) = read_thickness(path.parent, [NOON], small_grid)
    np.testing.assert_allclose(thickness, 1.5, rtol=1e-6)


def test_satellite_products_are_converted(tmp_path):
    thickness = np.full((432, 432), np.nan)
    thickness[150:250, 150:250] = 150.0
    path = write_thickness(tmp_path, DAY, thickness, units="cm")
    assert np.nanmax(cs2smos.read(path, DAY).thickness) == pytest.approx(1.5)
    percent = np.zeros((432, 432))
    percent[150:250, 150:250] = 0.85
    path = write_concentration(tmp_path, DAY, percent, units="(0 - 1)")
    assert osisaf_concentration.read(path, DAY).concentration.max() == pytest.approx(0.85)
    shape = (177, 119)
    path = write_drift(tmp_path, DAY, np.full(shape, 9000.0), np.full(shape, -500.0), np.full(shape, 30))
    set_units(path, dX="m", dY="m")
    drift = osisaf_drift.read(path, DAY)
    assert (drift.u.max(), drift.v.max()) == pytest.approx((9000 / 172_800, -500 / 172_800))


def test_axes_are_converted(tmp_path):
    thickness = np.full((432, 432), 1.5)
    path = write_thickness(tmp_path, DAY, thickness)
    grid = cs2smos.read(path, DAY).grid
    with netCDF4.Dataset(path, "a") as data:
        for axis in ("xc", "yc"):
            data[axis][:] = data[axis][:] / 100
            data[axis].units = "100 km"
        for name in ("lat", "lon"):
            data[name][:] = np.radians(data[name][:])
            data[name].units = "radian"
    again = cs2smos.read(path, DAY).grid
    np.testing.assert_allclose([again.x, again.y], [grid.x, grid.y], rtol=1e-9)
