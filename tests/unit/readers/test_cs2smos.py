"""CS2SMOS files: which one is taken, what is read, what is refused."""

import os
from datetime import date
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from product_files import EASE2, ease2_axes, write_thickness

from superice.errors import InputError, MissingInput
from superice.readers import cs2smos
from superice.readers.product_file import open_product

DAY = date(2022, 4, 12)
REAL = os.environ.get("SUPERICE_REAL_DATA")
real = pytest.mark.skipif(not REAL, reason="SUPERICE_REAL_DATA is not set")


def some_ice(step_km=25.0):
    """Return thickness in m, from the top, that grows with x in a part of the grid and is missing elsewhere."""
    n = int(10800 / step_km)
    thickness = np.full((n, n), np.nan)
    thickness[n // 4 : n // 2, n // 4 : n // 2] = np.linspace(0.1, 3, n // 2 - n // 4)
    return thickness


@pytest.mark.parametrize(
    ("step_km", "names"),
    [(25.0, {}), (12.5, {"version": "300", "variable": "sea_ice_thickness"})],
)
def test_both_layouts_read_alike(tmp_path, step_km, names):
    top_down = some_ice(step_km)
    path = write_thickness(tmp_path, DAY, top_down, step_km, **names)
    read = cs2smos.read(cs2smos.find(tmp_path, DAY), DAY)
    assert read.path == path
    assert read.grid.step == pytest.approx(step_km * 1000)
    assert (np.diff(read.grid.y) > 0).all()
    np.testing.assert_allclose(read.thickness, top_down[::-1], atol=5e-4)


def test_the_reprocessed_and_newest_file_is_taken(tmp_path):
    names = [
        "W_XX-ESA,SMOS_CS2,NH_25KM_EASE2_20220409_20220415_o_v206_01_l4sit.nc",
        "W_XX-ESA,SMOS_CS2,NH_25KM_EASE2_20220409_20220415_r_v205_01_l4sit.nc",
        "W_XX-ESA,SMOS_CS2,NH_25KM_EASE2_20220409_20220415_r_v205_02_l4sit.nc",
        "W_XX-ESA,SMOS_CS2,NH_25KM_EASE2_20220410_20220416_r_v206_02_l4sit.nc",
    ]
    for name in names:
        (tmp_path / name).touch()
    assert cs2smos.find(tmp_path, DAY).name == names[2]
    newer = tmp_path / "2022" / "04" / "W_XX-ESA,SMOS_CS2_S3A_S3B,NH_12P5KM_EASE2_20220409_20220415_r_v300_01_l4sit.nc"
    newer.parent.mkdir(parents=True)
    newer.touch()
    assert cs2smos.find(tmp_path, DAY) == newer


def test_a_missing_week_names_product_folder_and_date(tmp_path):
    with pytest.raises(MissingInput, match=f"cs2smos, {tmp_path}: no file for 2022-04-12"):
        cs2smos.find(tmp_path, DAY)


def test_the_week_must_be_centred_on_the_date(tmp_path):
    path = write_thickness(tmp_path, DAY, some_ice())
    with pytest.raises(InputError, match=r"not the week centred on 2022-04-13 \(found 2022-04-12"):
        cs2smos.read(path, date(2022, 4, 13))


def refused(path, match):
    with pytest.raises(InputError, match=match) as caught:
        cs2smos.read(path, DAY)
    assert caught.value.file == str(path)
    assert caught.value.product == "cs2smos"
    return caught.value


def test_thickness_out_of_range_is_refused_by_value(tmp_path):
    thick = some_ice()
    thick[120, 120] = 25.0
    error = refused(write_thickness(tmp_path, DAY, thick), "outside 0 to 20 m")
    assert (error.variable, error.value) == ("analysis_sea_ice_thickness", "25 m")


def test_another_quantity_all_masked_no_ice_and_a_missing_variable_are_refused(tmp_path):
    refused(write_thickness(tmp_path / "a", DAY, some_ice(), units="kg m-2"), "cannot be converted to m")
    refused(write_thickness(tmp_path / "b", DAY, np.full((432, 432), np.nan)), "no valid value")
    refused(write_thickness(tmp_path / "c", DAY, some_ice() * 0), "no ice")
    refused(write_thickness(tmp_path / "d", DAY, some_ice(), variable="thickness"), "variable missing")


def changed(path: Path, change) -> Path:
    with netCDF4.Dataset(path, "a") as data:
        data.set_auto_maskandscale(False)
        change(data)
    return path


def test_damaged_grids_are_refused(tmp_path):
    def south(data):
        data["mapping"].proj4_string = EASE2.replace("lat_0=90.0", "lat_0=-90.0")

    def zeros(data):
        data["lat"][400:] = 0
        data["lon"][400:] = 0

    def irregular(data):
        data["xc"][300:] = 0

    def stretched(data):
        data["xc"][:] = 2 * ease2_axes()[0]

    for number, (change, reason) in enumerate(
        (
            (south, "wrong hemisphere"),
            (zeros, "contradict"),
            (irregular, "not regular"),
            (stretched, "the step"),
        )
    ):
        refused(changed(write_thickness(tmp_path / str(number), DAY, some_ice()), change), reason)


def test_a_file_with_one_projection_need_not_name_it(tmp_path):
    path = changed(
        write_thickness(tmp_path, DAY, some_ice()), lambda d: d[cs2smos.VARIABLES[0]].delncattr("grid_mapping")
    )
    assert cs2smos.read(path, DAY).grid.shape == (432, 432)
    refused(changed(path, lambda data: data["mapping"].delncattr("proj4_string")), "names no grid mapping")


def test_what_is_no_netcdf_is_refused(tmp_path):
    whole = write_thickness(tmp_path, DAY, some_ice())
    half = tmp_path / "half.nc"
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    refused(half, "cannot be read")
    page = tmp_path / "page.nc"
    page.write_text("<html>404</html>")
    refused(page, "cannot be read")
    empty = tmp_path / "empty.nc"
    empty.touch()
    refused(empty, "cannot be read")


@real
def test_the_real_week_of_april_2022():
    folder = Path(REAL) / "cs2smos"
    read = cs2smos.read(cs2smos.find(folder, DAY), DAY)
    known = np.isfinite(read.thickness)
    assert read.grid.shape == (432, 432)
    assert known.sum() == 22_906
    assert read.thickness[known].min() == pytest.approx(0.005)
    assert read.thickness[known].max() == pytest.approx(3.652)


def test_flags_of_the_new_version_say_where_there_is_no_ice(tmp_path):
    thickness = np.full((864, 864), 1.5)
    path = write_thickness(tmp_path, DAY, thickness, 12.5, version="300", variable="sea_ice_thickness")
    flags = np.zeros((864, 864), np.int8)
    flags[:100], flags[100:200] = 4, 3

    def flag(data):
        variable = data.createVariable("quality_flag", "i1", ("time", "yc", "xc"))
        variable[0] = flags
        variable.flag_values = np.array([0, 1, 2, 3, 4], np.int8)
        variable.flag_meanings = "altimetry_radiometry altimetry_only radiometry_only interpolated no_sea_ice"

    read = cs2smos.read(changed(path, flag), DAY)
    np.testing.assert_array_equal(np.isnan(read.thickness[::-1]), flags == 4)


def test_a_flag_of_bits_and_values_is_read_as_the_conventions_say(tmp_path):
    path = write_thickness(tmp_path, DAY, some_ice())
    flags = np.array([[0, 1, 2, 3]] * 432).repeat(108, axis=1).astype(np.int8)

    def flag(data):
        variable = data.createVariable("status_flag", "i1", ("time", "yc", "xc"))
        variable[0] = flags
        variable.flag_masks = np.array([1, 2], np.int8)
        variable.flag_values = np.array([1, 2], np.int8)
        variable.flag_meanings = "land interpolated"

    with open_product(cs2smos.PRODUCT, changed(path, flag)) as file:
        np.testing.assert_array_equal(file.read_flags("status_flag", {"land"}), flags % 2 == 1)
        np.testing.assert_array_equal(file.read_flags("status_flag", {"land", "interpolated"}), flags > 0)


def add_field(path, name, values=None, **attributes):
    """Add a field of one more sensor or of flags to a file."""
    with netCDF4.Dataset(path, "a") as data:
        shape = data["yc"].size, data["xc"].size
        field = data.createVariable(name, "i2", ("time", "yc", "xc"), fill_value=-1)
        field[0] = np.full(shape, -1) if values is None else values
        field.setncatts(attributes)
    return path


def test_a_week_without_a_sensor_says_so(tmp_path):
    """In v202 to v206 each sensor has a field of its own."""
    path = write_thickness(tmp_path, DAY, some_ice())
    assert cs2smos.read(path, DAY).notes == (), "a file that does not tell the sensors apart says nothing"
    add_field(path, "smos_sea_ice_thickness")
    add_field(path, "cryosat_sea_ice_thickness", np.eye(432, dtype=int))
    assert cs2smos.read(path, DAY).notes == ("no cell has a thickness of SMOS",)


@pytest.mark.parametrize(("flag", "notes"), [(1, ()), (2, ("no cell has a thickness of SMOS",))])
def test_flags_say_which_sensors_a_week_has(tmp_path, flag, notes):
    """In v300 a flag names the kinds of sensors of a cell."""
    path = write_thickness(tmp_path, DAY, some_ice(12.5), 12.5, version="300", variable="sea_ice_thickness")
    meanings = "no_sea_ice combined_altimetry_radiometry altimetry_only radiometry_only interpolated"
    described = {"flag_values": np.arange(5, dtype=np.int16), "flag_meanings": meanings}
    add_field(path, "quality_flag", np.where(np.isfinite(some_ice(12.5)), flag, 0), **described)
    assert cs2smos.read(path, DAY).notes == notes


@pytest.mark.parametrize(
    ("day", "kind", "count"),
    [
        (date(2022, 12, 5), "o", 1),
        (date(2022, 12, 12), "o", 1),
        (date(2022, 12, 13), "o", 0),
        (date(2022, 11, 28), "o", 0),
        (date(2022, 12, 5), "r", 0),
    ],
)
def test_operational_weeks_of_december_2022_lack_days_of_smos(tmp_path, day, kind, count):
    """From 2 to 9 December 2022; the data were processed later, so that reprocessed files have them."""
    read = cs2smos.read(write_thickness(tmp_path, day, some_ice(), kind=kind), day)
    assert len(read.notes) == count and all("2 to 9 December 2022" in note for note in read.notes)


@pytest.mark.parametrize(
    ("text", "count"),
    [("degraded: fewer  inputs\nof L3 SMOS", 1), ("the product is not degraded", 0), ("reprocessed", 0)],
)
def test_a_note_in_the_file_is_told(tmp_path, text, count):
    path = write_thickness(tmp_path, DAY, some_ice())
    with netCDF4.Dataset(path, "a") as data:
        data.comment = text
    assert cs2smos.read(path, DAY).notes == ("comment: degraded: fewer inputs of L3 SMOS",) * count


@real
def test_the_real_week_has_no_note():
    assert cs2smos.read(cs2smos.find(Path(REAL) / "cs2smos", DAY), DAY).notes == ()
