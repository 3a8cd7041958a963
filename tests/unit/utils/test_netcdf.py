"""Files written without xarray are those that it would write; files are read as it reads them."""

from datetime import date

import netCDF4
import numpy as np
import pytest
import xarray as xr

from superice.errors import InputError
from superice.utils.files import write_dataset
from superice.utils.netcdf import FileContent, Variable, decode_date, read_content, write_content

X, Y = np.arange(4.0), 3000 * np.arange(3.0)


def make_content():
    """Every kind of variable and attribute that files of the workflow hold."""
    random = np.random.default_rng(0)
    field = random.normal(size=(3, 4))
    field[0, 0] = np.nan
    variables = {
        "time": Variable((), np.float64(16172), {"axis": "T", "units": "days since 1978-01-01 12:00:00"}),
        "x": Variable(("x",), X, {"units": "m"}),
        "y": Variable(("y",), Y, {"units": "m"}),
        "longitude": Variable(("y", "x"), random.uniform(-180, 180, (3, 4)), {}),
        "crs": Variable((), np.int32(0), {"grid_mapping_name": "polar_stereographic", "false_easting": 0.0}),
        "double": Variable(("y", "x"), field, {"long_name": "stored in single precision", "grid_mapping": "crs"}),
        "single": Variable(("y", "x"), field.astype(np.float32), {}),
        "reason": Variable(("y", "x"), np.arange(12, dtype=np.int8).reshape(3, 4), {"flag_masks": np.int8([1, 2])}),
        "count": Variable(("region",), [3, 4], {"units": "1"}),
        "score": Variable(("region",), [0.1, np.nan], {}),
        "list": Variable(("region", "field"), [[1.5, 2.5], [3.5, 4.5]], {}),
        "none": Variable(("wavenumber",), np.zeros(0), {}),
        "nothing": Variable(("region", "wavenumber"), np.zeros((2, 0)), {}),
        "region": Variable(("region",), ["ice", "pack"], {"long_name": "where"}),
        "field": Variable(("field",), ["generated", "low_resolution"], {}),
    }
    coordinates = ("time", "x", "y", "longitude", "region", "field")
    attributes = {"title": "—", "members": 3, "spacing_km": 3.0, "passes": np.int64(8)}
    return FileContent(variables, coordinates, attributes)


def make_as_xarray_stores(content):
    """Return the same dataset, with its variables in the same order."""
    dataset = xr.Dataset(attrs=content.attributes)
    for name, variable in content.variables.items():
        dataset[name] = variable
        if name in content.coordinates:
            dataset = dataset.set_coords(name)
    return dataset


@pytest.mark.parametrize("complete", [(), ("time", "x", "y", "longitude", "score")])
def test_files_are_those_that_xarray_writes(tmp_path, complete):
    content = make_content()
    encoding = {name: {"_FillValue": None} for name in complete}
    write_dataset(tmp_path / "xarray.nc", make_as_xarray_stores(content), encoding)
    write_content(tmp_path / "own.nc", content, complete)
    assert (tmp_path / "own.nc").read_bytes() == (tmp_path / "xarray.nc").read_bytes()


def test_the_content_is_the_dataset_of_its_file(tmp_path):
    content = make_content()
    write_content(tmp_path / "a.nc", content)
    with xr.open_dataset(tmp_path / "a.nc", decode_times=False) as stored:
        xr.testing.assert_allclose(content.as_dataset(), stored.load(), rtol=1e-7)
        assert set(content.as_dataset().coords) == set(stored.coords) == set(content.coordinates)


def test_what_is_written_is_read(tmp_path):
    content = make_content()
    write_content(tmp_path / "a.nc", content)
    read = read_content(tmp_path / "a.nc", ("single", "reason", "region"), optional=("time", "absent"))
    assert set(read.variables) == {"single", "reason", "region", "time"}
    for name in ("single", "reason", "region"):
        np.testing.assert_array_equal(read[name], content[name])
        assert read[name].dtype.kind in (content[name].dtype.kind, "O")
    assert read.variables["reason"].attributes["flag_masks"].tolist() == [1, 2]
    assert read.attributes == content.attributes
    row = read_content(tmp_path / "a.nc", ("single", "score"), at={"y": 2})
    np.testing.assert_array_equal(row["single"], content["single"][2])
    assert row.variables["single"].dimensions == ("x",) and row["score"].shape == (2,)


def test_values_are_chosen_by_labels():
    content = make_content()
    assert content.select("list", region="pack", field="generated") == 3.5
    assert content.select("list", field="low_resolution").tolist() == [2.5, 4.5]
    with pytest.raises(ValueError, match="marginal"):
        content.select("list", region="marginal")


@pytest.mark.parametrize(
    ("dtype", "attributes"),
    [
        ("f4", {}),
        ("f4", {"missing_value": np.float32(-9)}),
        ("f8", {"missing_value": np.nan}),
        ("i2", {}),
        ("i2", {"missing_value": np.int16(-9)}),
        ("i2", {"scale_factor": 0.01, "add_offset": 1.0}),
        ("i2", {"scale_factor": np.float32(0.01)}),
        ("i1", {"_Unsigned": "true"}),
    ],
)
@pytest.mark.parametrize("fill", [None, -9])
def test_values_are_decoded_as_xarray_decodes_them(tmp_path, dtype, attributes, fill):
    """Files of others may be packed."""
    path = tmp_path / "a.nc"
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("y", 2)
        file.createDimension("x", 3)
        variable = file.createVariable("sit", dtype, ("y", "x"), fill_value=fill)
        variable.set_auto_maskandscale(False)
        variable.setncatts(attributes)
        variable[:] = [[-9, 2, 3], [4, 5, -9]]
    with xr.open_dataset(path) as dataset:
        expected = dataset.sit.values
    for read, wanted in (
        (read_content(path, ["sit"]), expected),
        (read_content(path, ["sit"], at={"x": 0}), expected[:, 0]),
    ):
        np.testing.assert_array_equal(read["sit"], wanted)
        assert read["sit"].dtype == wanted.dtype


def test_files_that_cannot_be_read_are_named(tmp_path):
    write_content(tmp_path / "a.nc", make_content())
    with pytest.raises(InputError, match="variable missing") as caught:
        read_content(tmp_path / "a.nc", ("single", "shear"))
    assert caught.value.variable == "shear" and caught.value.file == str(tmp_path / "a.nc")
    (tmp_path / "damaged.nc").write_bytes(b"no NetCDF")
    for name in ("damaged.nc", "absent.nc"):
        with pytest.raises(InputError, match="cannot be read"):
            read_content(tmp_path / name, ("single",))


@pytest.mark.parametrize(
    ("values", "units", "calendar", "expected"),
    [
        (0.0, "days since 1978-01-01 12:00:00", "proleptic_gregorian", date(1978, 1, 1)),
        ([16172.9, 16174], "days since 1978-01-01", None, date(2022, 4, 12)),
        (1649764800, "seconds since 1970-01-01", "standard", date(2022, 4, 12)),
        (3.0, "days since 2022-02-28", "noleap", None),
        (3.0, "m", None, None),
        (3.0, None, None, None),
    ],
)
def test_the_day_of_a_file_is_that_of_its_first_time(values, units, calendar, expected):
    attributes = {"units": units, "calendar": calendar}
    stated = {key: value for key, value in attributes.items() if value is not None}
    assert decode_date(Variable(("time",), values, stated)) == expected
