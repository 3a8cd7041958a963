"""What a reader imports: the digest of a rule's code changes with every module that its script imports."""

import ast
from pathlib import Path

import pytest

import superice.readers

FOLDER = Path(superice.readers.__file__).parent
SHARED = {
    "cell_methods",
    "curvilinear",
    "finding",
    "in_situ_tables",
    "nextsim_day",
    "product_file",
    "sonar_draft",
    "time_series",
    "uncertainty",
    "units",
    "valid_times",
    "vector_axes",
}
READERS = sorted(path for path in FOLDER.glob("*.py") if path.stem not in SHARED | {"__init__"})
HEAVY = {
    "cf_units",
    "torch",
    "matplotlib",
    "pandas",
    "xarray",
    "dask",
    "pyresample",
    "skimage",
    "scipy.interpolate",
    "scipy.stats",
}


def list_imports(path):
    """Return the modules that a file imports when it is imported itself."""
    modules = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return modules


@pytest.mark.parametrize("path", READERS, ids=lambda path: path.stem)
def test_a_reader_imports_no_other_products_reader(path):
    others = {f"superice.readers.{other.stem}" for other in READERS if other != path}
    assert not list_imports(path) & others


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_a_reader_imports_nothing_heavy(path):
    imported = list_imports(path)
    assert not imported & HEAVY and not {module.partition(".")[0] for module in imported} & HEAVY
