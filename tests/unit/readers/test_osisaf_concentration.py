"""OSI SAF concentration files: flags, units, truncation."""

import os
from datetime import date
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from product_files import POLAR_STEREOGRAPHIC, write_concentration

from superice.errors import InputError, MissingInput
from superice.readers import osisaf_concentration as product

DAY = date(2022, 4, 12)
REAL = os.environ.get("SUPERICE_REAL_DATA")
real = pytest.mark.skipif(not REAL, reason="SUPERICE_REAL_DATA is not set")
SHAPES = {"ease2": (432, 432), "polstere": (1120, 760)}


def ice(grid):
    percent = np.zeros(SHAPES[grid])
    percent[150:300, 150:300] = 90.0
    percent[200, 200:210] = np.nan
    return percent


def test_percent_becomes_a_fraction_and_flags_apply_by_their_meaning(tmp_path):
    for grid, land, lake, filtered, spill in (("ease2", 1, 2, 4, 8), ("polstere", 100, 2, 12, 10)):
        flags = np.zeros(SHAPES[grid], int)
        flags[160, 160:170] = land
        flags[161, 160:170] = lake
        flags[162, 160:170] = filtered
        flags[163, 160:170] = spill
        write_concentration(tmp_path / grid, DAY, ice(grid), flags, grid)
        read = product.read(product.find(tmp_path / grid, DAY), DAY)
        top_down = read.concentration[::-1]
        assert np.isnan(top_down[160:162, 160:170]).all()
        assert np.isnan(top_down[200, 200:210]).all()
        np.testing.assert_allclose(top_down[162:164, 160:170], 0.9)
        assert np.isnan(top_down).sum() == 30
        assert top_down[0, 0] == 0


@pytest.mark.parametrize("axes", [("xc",), ("yc",), ("xc", "yc")])
def test_axes_may_run_either_way(tmp_path, axes):
    """A file without longitude and latitude would be mirrored without a word."""
    field = ice("polstere")
    flags = np.zeros(field.shape, int)
    flags[160, 160:170] = 100
    path = write_concentration(tmp_path, DAY, field, flags, "polstere")
    expected = product.read(path, DAY)
    with netCDF4.Dataset(path, "a") as data:
        data.set_auto_maskandscale(False)
        for variable in data.variables.values():
            turned = [variable.dimensions.index(axis) for axis in axes if axis in variable.dimensions]
            if turned:
                variable[:] = np.flip(variable[:], turned)
    read = product.read(path, DAY)
    np.testing.assert_array_equal(read.concentration, expected.concentration)
    np.testing.assert_array_equal(read.grid.x, expected.grid.x)


def test_combined_bits_count(tmp_path):
    flags = np.zeros(SHAPES["ease2"], int)
    flags[160, 160] = 1 | 8
    path = write_concentration(tmp_path, DAY, ice("ease2"), flags)
    assert np.isnan(product.read(path, DAY).concentration[::-1][160, 160])


def test_files_without_flags_read(tmp_path):
    path = write_concentration(tmp_path, DAY, ice("polstere"), None, "polstere")
    read = product.read(path, DAY)
    assert read.grid.step == 10_000
    assert np.isnan(read.concentration).sum() == 10


def test_a_fraction_reads_when_its_unit_says_so(tmp_path):
    read = product.read(write_concentration(tmp_path, DAY, ice("ease2") / 100, units="1"), DAY)
    assert np.nanmax(read.concentration) == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("percent", "units", "reason"),
    [
        (ice("ease2") / 100, "%", "a fraction, though its unit says %"),
        (ice("ease2"), "1", "a fraction, as its unit says"),
        (ice("ease2") * 2, "%", "outside 0 to 100 %"),
        (ice("ease2") - 5, "%", "outside 0 to 100 %"),
        (ice("ease2") * 0, "%", "no ice"),
        (ice("ease2") * np.nan, "%", "no valid value"),
        (ice("ease2"), "m", "cannot be converted to %"),
    ],
)
def test_wrong_units_and_ranges_are_refused(tmp_path, percent, units, reason):
    path = write_concentration(tmp_path, DAY, percent, units=units)
    with pytest.raises(InputError, match=reason) as caught:
        product.read(path, DAY)
    assert (caught.value.variable, caught.value.file) == ("ice_conc", str(path))


def test_values_beyond_valid_max_are_refused_not_hidden(tmp_path):
    path = write_concentration(tmp_path, DAY, ice("ease2") * 1.5)
    with netCDF4.Dataset(path, "a") as data:
        data["ice_conc"].valid_max = np.int32(10_000)
    with pytest.raises(InputError, match="outside"):
        product.read(path, DAY)


def test_bits_without_meanings_of_the_amsr2_product_are_left_alone(tmp_path):
    """Its numbers differ from those of OSI-401: 2 is the open-water filter in this product, and a lake in OSI-401."""
    flags = np.full(SHAPES["polstere"], 2)
    path = write_concentration(tmp_path, DAY, ice("polstere"), flags, "polstere")
    with netCDF4.Dataset(path, "a") as data:
        for name in ("flag_values", "flag_meanings"):
            data["status_flag"].delncattr(name)
    with pytest.raises(InputError, match="no ice"):
        product.read(path, DAY)
    other = path.rename(tmp_path / path.name.replace("multi", "amsr2"))
    assert np.nanmax(product.read(other, DAY).concentration) == pytest.approx(0.9)


def test_another_day_under_a_swapped_name_is_refused(tmp_path):
    """A file of 4 December has the name of 12 April (year, day, month)."""
    path = write_concentration(tmp_path, date(2022, 12, 4), ice("ease2"))
    swapped = path.rename(tmp_path / path.name.replace("20221204", "20220412"))
    assert product.find(tmp_path, DAY) == swapped
    with pytest.raises(InputError, match=r"not 2022-04-12 \(found 2022-12-04\)"):
        product.read(swapped, DAY)


def test_the_finer_grid_is_taken_and_monthly_folders_are_searched(tmp_path):
    (tmp_path / "ice_conc_nh_ease2-250_icdr-v3p0_202204121200.nc").touch()
    month = tmp_path / "2022" / "04"
    month.mkdir(parents=True)
    fine = month / "ice_conc_nh_polstere-100_amsr2_202204121200.nc"
    fine.touch()
    (month / "ice_conc_sh_polstere-100_multi_202204121200.nc").touch()
    assert product.find(tmp_path, DAY) == fine
    with pytest.raises(MissingInput, match=r"osisaf_concentration, .*no file for 2022-04-13"):
        product.find(tmp_path, date(2022, 4, 13))


@pytest.mark.parametrize("kept", [0.999, 0.7, 0.1, 0.02])
def test_classic_files_that_end_early_are_refused(tmp_path, kept):
    path = write_concentration(tmp_path, DAY, ice("polstere"), np.zeros(SHAPES["polstere"], int), "polstere")
    with path.open("r+b") as file:
        file.truncate(int(path.stat().st_size * kept))
    with pytest.raises(InputError, match="truncated"):
        product.read(path, DAY)


def test_a_southern_grid_is_refused(tmp_path):
    path = write_concentration(tmp_path, DAY, ice("polstere"), None, "polstere")
    with netCDF4.Dataset(path, "a") as data:
        south = POLAR_STEREOGRAPHIC.replace("=90", "=-90").replace("lat_ts=70", "lat_ts=-70").ljust(90)
        data["mapping"].proj4_string = south[: len(data["mapping"].proj4_string) + 2]
    with pytest.raises(InputError, match="wrong hemisphere"):
        product.read(path, DAY)


@real
def test_real_files_read():
    folder = Path(REAL) / "osisaf_sic"
    for day, step, known in (
        (DAY, 25_000, 97_069),
        (date(2019, 9, 10), 25_000, 97_877),
        (date(2019, 9, 9), 10_000, 395_194),
    ):
        read = product.read(product.find(folder, day), day)
        assert read.grid.step == step
        assert np.isfinite(read.concentration).sum() == known
        assert np.nanmin(read.concentration) == 0 and np.nanmax(read.concentration) == pytest.approx(1, abs=1e-6)
    # The minimum of September: open water and pack ice of the two grids agree on the ice area within a fifth.
    areas = [
        np.nansum(product.read(product.find(folder, day), day).concentration) * step**2
        for day, step in ((date(2019, 9, 10), 25e3), (date(2019, 9, 9), 10e3))
    ]
    assert areas[0] == pytest.approx(areas[1], rel=0.2)


@real
def test_real_truncated_files_are_refused():
    files = sorted((Path(REAL) / "osisaf_sic" / "truncated").glob("*.nc"))
    assert len(files) == 3
    for path in files:
        with pytest.raises(InputError, match=r"truncated: \d+ bytes of the \d+ that its header says"):
            product.read(path, DAY)


@real
def test_real_truncated_files_are_not_found_by_a_date():
    with pytest.raises(MissingInput):
        product.find(Path(REAL) / "osisaf_sic", date(2019, 10, 30))


def test_unsigned_flags_and_packed_axes_are_unpacked(tmp_path):
    """A byte of 128 or more is stored as a negative one; an axis may be packed as any variable."""
    percent, flags = np.full((432, 432), 50.0), np.zeros((432, 432), np.int16)
    path = write_concentration(tmp_path, DAY, percent, flags)
    with netCDF4.Dataset(path, "a") as data:
        data.renameVariable("status_flag", "old_flag")
        flag = data.createVariable("status_flag", "i1", ("time", "yc", "xc"))
        flag.set_auto_maskandscale(False)
        flag.setncatts({"_Unsigned": "true", "flag_meanings": "nominal land lake"})
        flag.flag_values = np.array([0, 130, 200], "u1")
        stored = np.zeros((1, 432, 432), "u1")
        stored[0, :10], stored[0, 10:30], stored[0, 30:31] = 130, 200, 126
        flag[:] = stored.view("i1")
        axis = data["xc"][:]
        data.renameVariable("xc", "old_xc")
        packed = data.createVariable("xc", "i2", ("xc",))
        packed.set_auto_maskandscale(False)
        packed.units, packed.scale_factor, packed.add_offset = "km", 25.0, float(axis[0])
        packed[:] = np.arange(432)
    read = product.read(path, DAY)
    assert np.isnan(read.concentration).sum() == 30 * 432
    np.testing.assert_allclose(read.grid.x, 1000 * axis)
