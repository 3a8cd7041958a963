"""The wheel holds the package with its data and nothing else, and works without the repository."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.slow


def run_pip(*arguments):
    """Run pip without a network: nothing but the project itself is built and installed."""
    command = [sys.executable, "-m", "pip", *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from a copy of the sources: building writes into their folder."""
    sources, wheels = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("wheels")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, sources)
    for name in ("superice", "tests", "workflow"):
        shutil.copytree(ROOT / name, sources / name, ignore=shutil.ignore_patterns("__pycache__"))
    run_pip("wheel", "--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir", wheels, sources)
    return next(wheels.glob("superice-*.whl"))


@pytest.fixture(scope="module")
def run_python(wheel, tmp_path_factory):
    """Run Python in a folder that knows the installed wheel alone, not the repository; return what it prints."""
    site, elsewhere = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("elsewhere")
    run_pip("install", "--no-index", "--no-deps", "--target", site, wheel)

    def run(*arguments, folder=elsewhere):
        command = [sys.executable, *map(str, arguments)]
        environment = os.environ | {"PYTHONPATH": str(site)}
        result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    where = run("-c", "import superice; print(superice.__file__)")
    assert Path(where.strip()) == site / "superice" / "__init__.py"
    return run


def test_the_wheel_holds_every_file_of_the_package_and_no_other(wheel):
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    files = (path for path in (ROOT / "superice").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    assert held == {path.relative_to(ROOT).as_posix() for path in files}


def test_every_module_can_be_imported(run_python):
    code = (
        "import importlib, pkgutil, superice\n"
        "for module in pkgutil.walk_packages(superice.__path__, 'superice.'):\n"
        "    if not module.name.endswith('__main__'):\n"
        "        importlib.import_module(module.name)\n"
        "        print(module.name)\n"
    )
    assert "superice.fields.grid" in run_python("-c", code).splitlines()


@pytest.mark.parametrize("command", [[], ["generate"], ["status"]], ids=" ".join)
def test_a_command_explains_itself(run_python, command):
    assert run_python("-m", "superice", *command, "--help").startswith("usage: superice")


def test_the_grid_of_the_published_data_comes_with_the_package(run_python):
    code = "from superice.fields.grid import load_grid; print(*load_grid(None, 'superice').shape)"
    assert run_python("-c", code).split() == ["1086", "1308"]


def test_the_state_of_a_run_is_told(run_python, tmp_path):
    shutil.copytree(ROOT / "config", tmp_path / "config")
    ask = lambda: run_python("-m", "superice", "status", "--configfile", "config/demo.yaml", folder=tmp_path)
    assert "not begun: results/demo is not there" in ask()
    (tmp_path / "results/demo/logs").mkdir(parents=True)
    output = ask()
    assert "model features" in output and "results/demo/logs" in output
