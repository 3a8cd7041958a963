"""The examples in the docstrings of the API run, in a folder with the files that they name."""

import doctest
import importlib
import shutil

import numpy
import pytest
import xarray
from feature_days import DAY
from product_files import DRIFT_AXES_KM, ease2_axes, write_concentration, write_drift, write_thickness

import superice

NAMES = ("network", "products", "scores", "synthetic")
SLOW = ("make_synthetic_day", "make_synthetic_season")


def find_examples():
    finder = doctest.DocTestFinder(exclude_empty=True)
    modules = [importlib.import_module(f"superice.api.{name}") for name in NAMES]
    return [test for module in modules for test in finder.find(module) if test.examples]


@pytest.fixture(scope="module")
def folder(weights, model_days, tmp_path_factory):
    folder = tmp_path_factory.mktemp("examples")
    shutil.copy(weights, folder)
    shutil.copy(model_days[0], folder)
    near = numpy.hypot(ease2_axes()[0], ease2_axes()[1][:, None]) < 1200
    write_thickness(folder / "products", DAY, numpy.where(near, 2.0, numpy.nan))
    write_concentration(folder / "products", DAY, numpy.where(near, 90.0, 0.0))
    dx, dy = numpy.broadcast_arrays(0.01 * DRIFT_AXES_KM[0], 0.01 * DRIFT_AXES_KM[1][:, None])
    write_drift(folder / "products", DAY, dx, dy, numpy.full(dx.shape, 30))
    return folder


def mark(test):
    name = test.name.removeprefix("superice.api.")
    return pytest.param(test, id=name, marks=pytest.mark.slow if name.endswith(SLOW) else ())


@pytest.mark.parametrize("example", [mark(test) for test in find_examples()])
def test_an_example_prints_what_it_says(example, folder, monkeypatch):
    monkeypatch.chdir(folder)
    example.globs.update(superice=superice, xarray=xarray, numpy=numpy)
    said = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    result = runner.run(example, out=said.append, clear_globs=False)
    assert result.failed == 0, "".join(said)


def test_every_function_of_the_package_has_an_example():
    documented = {test.name.rpartition(".")[2] for test in find_examples()}
    assert set(superice.__all__) - {"open_season"} | {"draw", "summary"} <= documented
