"""The order of imports, as the contracts in pyproject.toml state it."""

import re
import tomllib
from pathlib import Path

from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[2]
PYPROJECT = ROOT / "pyproject.toml"


def read_layers():
    """Return the layers, uppermost first, each as the packages and modules in it."""
    contracts = tomllib.loads(PYPROJECT.read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [re.split(r" [|:] ", layer) for layer in layers]


def list_modules():
    """Return the names of all modules of the package, without the packages themselves."""
    paths = (ROOT / "superice").rglob("*.py")
    return sorted(".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths if path.stem != "__init__")


def test_imports_keep_the_contracts(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert lint_imports(config_filename=str(PYPROJECT), no_cache=True, no_logo=True) == 0


def test_every_module_stands_in_one_layer():
    members = [member for layer in read_layers() for member in layer]
    counts = {
        module: sum(module == member or module.startswith(f"{member}.") for member in members)
        for module in list_modules()
    }
    assert {module: count for module, count in counts.items() if count != 1} == {}


def test_the_packages_themselves_import_nothing():
    # So that a module pulls in what it imports itself and nothing else.
    for path in (ROOT / "superice").glob("*/__init__.py"):
        assert not re.search(r"^\s*(from|import)\s", path.read_text(), re.MULTILINE), path


def test_the_page_names_the_number_of_layers():
    assert f"{len(read_layers())} layers" in (ROOT / "docs" / "development.md").read_text()
