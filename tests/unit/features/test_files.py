"""Feature files: what is written comes back; files of other grids, of percentages, or with gaps are refused."""

import subprocess
import sys

import netCDF4
import numpy as np
import pytest
import xarray as xr
from feature_days import DAY, make_grid_near_pole, strained_day

from superice.dataset.layout import FIELDS, write_model_features, write_observed_features
from superice.errors import InputError
from superice.features.files import (
    is_observed,
    read_archived_day,
    read_features,
    read_input_notes,
    read_model_features,
    read_observed_features,
    read_own_grid,
    read_shape,
)
from superice.features.model import make_model_day
from superice.features.settings import FeatureSettings, describe_feature_settings
from superice.fields.grid import Grid


@pytest.fixture(scope="module")
def grid():
    return make_grid_near_pole()


def test_model_features_come_back_from_their_file(tmp_path, grid):
    fields = make_model_day(strained_day(grid), grid, FeatureSettings())
    path = tmp_path / "20220412.nc"
    write_model_features(path, grid, DAY, fields.high, fields.low, {})
    read, made = read_model_features(path), fields.as_features(DAY, 0.15)
    assert read.date == DAY
    for name in (*FIELDS, "truth"):
        np.testing.assert_array_equal(getattr(read, name), getattr(made, name))
        assert getattr(read, name).dtype == np.float32
    np.testing.assert_array_equal(read.mask, made.mask)
    again = read_archived_day(path, grid).high
    np.testing.assert_array_equal(again["sit"], made.truth)
    with pytest.raises(InputError, match="wrong grid"):
        read_archived_day(path, Grid("moved", grid.crs, grid.x + 3000, grid.y))


def test_model_features_in_other_units_are_converted(tmp_path, grid):
    fields = make_model_day(strained_day(grid), grid, FeatureSettings())
    path = tmp_path / "20220412.nc"
    write_model_features(path, grid, DAY, fields.high, fields.low, {})
    plain, factors = read_model_features(path), {"sic": ("%", 100), "sit": ("cm", 100), "shear": ("1/day", 86400)}
    with netCDF4.Dataset(path, "a") as file:
        for name, (unit, factor) in factors.items():
            for variable in (file[name], file[f"{name}_reprocessed"]):
                variable[:] = variable[:] * factor
                variable.units = unit
    read = read_model_features(path)
    for name in (*FIELDS, "truth"):
        np.testing.assert_allclose(getattr(read, name), getattr(plain, name), rtol=1e-5)
    np.testing.assert_allclose(read_archived_day(path, grid).high["sit"], plain.truth, rtol=1e-5)
    with netCDF4.Dataset(path, "a") as file:
        file["sit_reprocessed"].units = "kg m-2"
    with pytest.raises(InputError, match=r"20220412\.nc, sit_reprocessed: a unit that cannot be converted to m"):
        read_model_features(path)


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


def test_uncertainties_are_read_back_and_older_files_have_none(tmp_path, grid):
    fields = {name: np.full(grid.shape, 1e-6, np.float32) for name in FIELDS}
    path, reason = tmp_path / "sic_sit_e1_e2_20220412.npz", np.zeros(grid.shape, np.uint8)
    stated = {"sit_uncertainty": np.full(grid.shape, 0.25), "divergence_uncertainty": np.full(grid.shape, 1e-8)}
    write_observed_features(path, path.with_suffix(".nc"), grid, DAY, fields, reason, {}, uncertainties=stated)
    read = read_observed_features(path)
    assert read.observed and set(read.uncertainties) == set(stated)
    for name, values in stated.items():
        np.testing.assert_array_equal(read.uncertainties[name], values.astype(np.float32))
    with netCDF4.Dataset(path.with_suffix(".nc")) as file:
        assert file["sit_uncertainty"].standard_name == "sea_ice_thickness standard_error"
    write_observed_features(path, path.with_suffix(".nc"), grid, DAY, fields, reason, {})
    assert read_observed_features(path).uncertainties == {}


def test_reading_features_imports_no_reader_of_products():
    """The digest of a rule that reads features must not change with the readers, nor with the making of features."""
    program = "import sys, superice.features.files; print(*sys.modules)"
    command = [sys.executable, "-c", program]
    imported = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    making = (
        "superice.readers",
        "superice.features.model",
        "superice.features.observed",
        "pyresample",
        "superice.network",
    )
    assert not [name for name in imported if name.startswith(making) or name.endswith("observation_operator")]


def test_ice_begins_at_the_concentration_that_the_file_states(tmp_path, grid):
    """Of a model day, and of an observed one in both of its files; who names another threshold has that one."""
    concentration = np.broadcast_to(np.linspace(0.0, 1.0, grid.shape[1], dtype=np.float32), grid.shape)
    fields = {name: np.full(grid.shape, 1e-7, np.float32) for name in FIELDS} | {"sic": concentration}
    model, observed = tmp_path / "20220412.nc", tmp_path / "sic_sit_e1_e2_20220412"
    reason = np.zeros(grid.shape, np.uint8)
    for stated, expected in ((0.4, 0.4), (0.0, 0.0), (None, 0.15)):
        settings = "" if stated is None else describe_feature_settings(FeatureSettings(sic_threshold=stated))
        details = {"feature_settings": settings} if settings else {}
        write_model_features(model, grid, DAY, fields, fields, details)
        arrays, described = observed.with_suffix(".npz"), observed.with_suffix(".nc")
        write_observed_features(arrays, described, grid, DAY, fields, reason, details)
        for read, path in (
            (read_model_features, model),
            (read_observed_features, arrays),
            (read_observed_features, described),
        ):
            assert np.array_equal(read(path).mask, concentration > expected)
            assert np.array_equal(read(path, 0.7).mask, concentration > 0.7)
    described.unlink()
    assert read_observed_features(arrays).sic_threshold == 0.15
    write_model_features(model, grid, DAY, fields, fields, {"feature_settings": "boxes"})
    with pytest.raises(InputError, match=r"20220412\.nc, feature_settings: is no JSON of settings \(found boxes\)"):
        read_model_features(model)


def test_notes_of_a_degraded_day_come_back_from_the_file_beside_the_arrays(tmp_path, grid):
    arrays, described = tmp_path / "sic_sit_e1_e2_20220412.npz", tmp_path / "sic_sit_e1_e2_20220412.nc"
    fields = {name: np.ones(grid.shape) for name in FIELDS}
    reason = np.zeros(grid.shape, np.uint8)
    for notes in ({}, {"input_notes": "cs2smos: no cell has a thickness of SMOS"}):
        write_observed_features(arrays, described, grid, DAY, fields, reason, notes)
        assert read_input_notes(arrays) == read_input_notes(described) == notes
    described.unlink()
    assert read_input_notes(arrays) == {}


def test_the_netcdf_file_of_an_observed_day_holds_what_its_arrays_do(tmp_path, grid):
    random, west = np.random.default_rng(0), np.zeros(grid.shape, bool)
    west[:, :10] = True
    values = {name: 1e-4 * random.random(grid.shape, np.float32) for name in FIELDS}
    fields = {name: np.where(west, field, np.float32(np.nan)) for name, field in values.items()}
    beyond = {name: np.where(west, np.float32(np.nan), field) for name, field in values.items()}
    uncertainties = {"sit_uncertainty": random.random(grid.shape, np.float32)}
    arrays, described = tmp_path / "sic_sit_e1_e2_20220412.npz", tmp_path / "sic_sit_e1_e2_20220412.nc"
    write_observed_features(
        arrays, described, grid, DAY, fields, np.zeros(grid.shape, np.uint8), {},
        beyond_mask=beyond, uncertainties=uncertainties,
    )  # fmt: skip
    assert is_observed(described) and is_observed(arrays) and not is_observed(tmp_path / "20220412.nc")
    renamed = described.rename(tmp_path / "of_my_own.nc")  # its time says the day
    for partly_missing in (False, True):
        first = read_features(arrays, grid, 0.15, partly_missing=partly_missing)
        second = read_features(renamed, grid, 0.15, partly_missing=partly_missing)
        assert second.date == first.date == DAY
        for name in FIELDS:
            np.testing.assert_array_equal(getattr(second, name), getattr(first, name))
        assert np.isfinite(second.sit).sum() == (west.size if partly_missing else west.sum())
        np.testing.assert_array_equal(second.uncertainties["sit_uncertainty"], uncertainties["sit_uncertainty"])
    with pytest.raises(InputError, match=r"holds an observed day, not one of the model"):
        read_model_features(renamed)
    with xr.open_dataset(renamed, decode_coords="all") as opened:
        data = opened.load()
    kilometres = {axis: (data[axis] / 1000).assign_attrs(units="km") for axis in ("x", "y")}
    turned = data.drop_vars("mask_reason").assign_coords(kilometres).transpose("x", "y")
    turned["time"].encoding = {"units": "days since 2000-01-01 12:00:00", "dtype": "int64", "_FillValue": -1}
    turned.to_netcdf(tmp_path / "turned.nc")
    again = read_features(tmp_path / "turned.nc", grid, 0.15, partly_missing=True)
    np.testing.assert_array_equal(again.sit, second.sit)
    assert again.date == DAY
    np.testing.assert_allclose(read_own_grid(tmp_path / "turned.nc").x, grid.x)
    assert read_shape(renamed) == grid.shape and read_own_grid(renamed).shape == grid.shape


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("sit", -999.0, r"sit: below -0\.001 m \(found -999 m\)"),
        ("sic", -1.0, r"sic: below -0\.001 \(found -1\)"),
        ("shear", -1.0, r"shear: below -1e-09 s-1"),
        ("divergence", 0.05, r"divergence: above 0\.001 s-1"),
        ("sit", 99.0, r"sit: above 20 m"),
    ],
)
def test_values_that_no_ice_has_are_refused(tmp_path, grid, name, value, sentence):
    """Among them fill values that a file does not declare, in a single pixel."""
    fields = {key: np.full(grid.shape, 1e-7) for key in FIELDS}
    fields[name][5, 5] = value
    path = tmp_path / "sic_sit_e1_e2_20220412.npz"
    write_observed_features(path, path.with_suffix(".nc"), grid, DAY, fields, np.zeros(grid.shape, np.uint8), {})
    for file in (path, path.with_suffix(".nc")):
        with pytest.raises(InputError, match=sentence):
            read_observed_features(file)
