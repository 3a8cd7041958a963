"""The training store: the exact mask, errors of half a step, and refused files."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from superice.errors import InputError
from superice.features.day import Features
from superice.features.files import read_model_features
from superice.network.normalisation import VARIABLES, compute_quantities, floor_log_deformation
from superice.training.store import STEPS, decode_day, find_known_pixels, open_day, write_day

ERROR = {"sic": 5.1e-5, "sit": 5.1e-4, "log_deformation": 1.01e-4, "increment": 5.1e-4}
RANGE = {"sic": (0, 1), "sit": (0, 20), "log_deformation": (-6, 2), "increment": (-20, 20)}


def field(low, high):
    values = st.floats(low, high, width=32) | st.just(np.nan)
    return arrays.arrays(np.float32, (3, 4), elements=values)


def stored_and_read(folder, values):
    write_day(folder / "20200101.npy", values)
    return open_day(folder / "20200101.npy")


@given(st.fixed_dictionaries({name: field(*RANGE[name]) for name in VARIABLES}))
def test_no_error_is_larger_than_half_a_step(tmp_path_factory, values):
    stored = stored_and_read(tmp_path_factory.mktemp("store"), values)
    if np.isnan(values["sic"]).all():
        assert stored.size == 0
        return
    back = decode_day(stored)
    assert np.array_equal(find_known_pixels(stored), ~np.isnan(values["sic"]))
    for name in VARIABLES:
        assert np.array_equal(np.isnan(back[name]), np.isnan(values[name])), name
        assert np.nanmax(np.abs(back[name] - values[name].astype(np.float64)), initial=0) <= ERROR[name], name
        assert back[name].dtype == np.float32


def test_half_precision_has_larger_errors():
    """The alternative of the same size; its larger errors decided for scaled integers."""
    for name, ends in {"sic": (0.5, 1), "sit": (2, 20), "log_deformation": (-4, -1), "increment": (2, 20)}.items():
        values = np.linspace(*ends, 1001)
        assert np.abs(values.astype(np.float16) - values).max() > 1.2 * STEPS[name] / 2, name


def test_the_mask_of_a_stored_day_is_that_of_its_features(model_days, stored_days):
    for path, stored in zip(model_days, stored_days):
        features = read_model_features(path)
        assert 0 < features.mask.sum() < features.mask.size
        assert np.array_equal(find_known_pixels(open_day(stored)), features.mask)


def test_ice_at_rest_ice_at_the_threshold_and_unknown_truth_are_kept(tmp_path):
    some = lambda *values: np.array([values], np.float32)
    features = Features(
        date(2020, 1, 1),
        sic=some(0.15, 0.15002, 1, 1),
        sit=some(1, 1, 1, 1),
        divergence=some(0, 0, 0, 0),
        shear=some(1e-6, 1e-6, 0, 1e-6),
        truth=some(2, 2, 2, np.nan),
    )
    back = decode_day(stored_and_read(tmp_path, compute_quantities(features)))
    assert np.isnan(back["sic"]).tolist() == [[True, False, False, False]]
    assert np.isnan(back["increment"]).tolist() == [[True, False, False, True]]
    for floor in (1e-4, 1e-6):
        assert floor_log_deformation(back["log_deformation"], floor)[0, 2] == pytest.approx(np.log10(floor))


def test_a_thickness_too_large_for_the_integers_is_refused_by_name(tmp_path):
    values = dict.fromkeys(VARIABLES, np.ones((3, 4), np.float32)) | {"sit": np.full((3, 4), 40.0, np.float32)}
    with pytest.raises(InputError, match=r"20200101.npy, sit: beyond 32.767 \(found 40\)"):
        write_day(tmp_path / "20200101.npy", values)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-100]), "cannot be read"),
        (lambda path: path.write_bytes(path.read_bytes()[:50]), "cannot be read"),
        (lambda path: path.write_bytes(b""), "cannot be read"),
        (lambda path: path.unlink(), "cannot be read"),
        (lambda path: np.save(path, np.zeros((4, 5, 6), np.float32)), "no day of a training store"),
        (lambda path: np.save(path, np.zeros((3, 5, 6), np.int16)), "no day of a training store"),
    ],
    ids=["short", "shorter", "empty", "missing", "other type", "other shape"],
)
def test_a_damaged_day_is_refused_by_name(tmp_path, damage, reason):
    path = tmp_path / "20200101.npy"
    write_day(path, dict.fromkeys(VARIABLES, np.ones((3, 4), np.float32)))
    damage(path)
    with pytest.raises(InputError, match=f"20200101.npy: {reason}"):
        open_day(path)
