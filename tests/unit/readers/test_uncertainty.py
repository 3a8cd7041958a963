"""The uncertainties that products state: by all their names, in the unit that is meant, and never a reason to lose a day."""

from datetime import date

import netCDF4
import numpy as np
import pytest
from product_files import write_concentration, write_drift, write_thickness

from superice.errors import InputError
from superice.readers import cs2smos, osisaf_concentration, osisaf_drift

DAY = date(2022, 4, 12)
SHAPES = {"cs2smos": (432, 432), "ease2": (432, 432), "polstere": (1120, 760), "drift": (177, 119)}


def make(folder, product):
    """Write a file without uncertainty, whose field is known in a block of 20 x 20 cells; return it and its reader."""
    field = np.full(SHAPES[product], np.nan)
    field[60:80, 40:60] = 1.0
    if product == "cs2smos":
        return write_thickness(folder, DAY, field), cs2smos
    if product == "drift":
        return write_drift(folder, DAY, field, field, np.where(np.isfinite(field), 30, 0)), osisaf_drift
    return write_concentration(folder, DAY, 90 * field, grid=product), osisaf_concentration


def add(path, name, values, units):
    """Add a variable from the top to a file, NaN as missing."""
    with netCDF4.Dataset(path, "a") as data:
        variable = data.createVariable(name, "f4", ("time", "yc", "xc"), fill_value=np.float32(-1e10))
        variable.units = units
        variable[0] = np.where(np.isfinite(values), values, -1e10)


def grow(product, largest):
    """Return numbers from the top that grow up to ``largest`` in the block and are as large as that elsewhere."""
    values = np.full(SHAPES[product], largest)
    values[60:80, 40:60] = np.linspace(largest / 400, largest, 400).reshape(20, 20)
    return values


@pytest.mark.parametrize(
    ("product", "name", "units", "factor"),
    [
        ("cs2smos", "analysis_sea_ice_thickness_unc", "m", 1),
        ("cs2smos", "sea_ice_thickness_uncertainty", "cm", 100),
        ("polstere", "total_uncertainty", "1", 100),  # OSI-401 and -408: a percentage, whatever it says
        ("ease2", "total_standard_uncertainty", "%", 100),
        ("ease2", "total_standard_error", "%", 100),
        ("drift", "uncert_dX_and_dY", "km", 48 * 3.6),  # km in 48 h instead of m s-1
    ],
)
def test_uncertainties_are_read_in_the_unit_of_their_field(tmp_path, product, name, units, factor):
    path, reader = make(tmp_path, product)
    assert reader.read(path, DAY).uncertainty is None
    stored = grow(product, largest=0.2 * factor)
    add(path, name, stored, units)
    read = reader.read(path, DAY)
    expected = np.full(SHAPES[product], np.nan)
    expected[60:80, 40:60] = stored[60:80, 40:60] / factor
    np.testing.assert_allclose(read.uncertainty, expected[::-1], rtol=1e-5)


def test_a_fraction_has_an_uncertainty_of_a_fraction(tmp_path):
    field = np.full(SHAPES["ease2"], np.nan)
    field[60:80, 40:60] = 0.9
    path = write_concentration(tmp_path, DAY, field, units="1")
    add(path, "total_standard_uncertainty", np.full(field.shape, 0.04), "1")
    assert np.nanmax(osisaf_concentration.read(path, DAY).uncertainty) == pytest.approx(0.04)


@pytest.mark.parametrize("product", ["cs2smos", "ease2", "drift"])
@pytest.mark.parametrize("number", [np.nan, 0.0, -1.0, 1e6])
def test_numbers_without_sense_are_unknown_and_the_field_stays(tmp_path, product, number):
    name = {"cs2smos": "analysis_sea_ice_thickness_unc", "ease2": "total_standard_error", "drift": "uncert_dX_and_dY"}
    units = {"cs2smos": "m", "ease2": "%", "drift": "km"}[product]
    path, reader = make(tmp_path, product)
    values = np.full(SHAPES[product], 0.5)
    values[70:] = number
    add(path, name[product], values, units)
    read = reader.read(path, DAY)
    assert np.isfinite(read.uncertainty).sum() == 10 * 20
    known = {"cs2smos": "thickness", "ease2": "concentration", "drift": "u"}[product]
    assert np.isfinite(getattr(read, known)).sum() == 20 * 20


def test_an_uncertainty_of_another_shape_is_refused(tmp_path):
    path, _ = make(tmp_path, "cs2smos")
    with netCDF4.Dataset(path, "a") as data:
        data.createDimension("other", 3)
        data.createVariable("analysis_sea_ice_thickness_unc", "f4", ("other", "xc")).units = "m"
    with pytest.raises(InputError, match="analysis_sea_ice_thickness_unc"):
        cs2smos.read(path, DAY)
