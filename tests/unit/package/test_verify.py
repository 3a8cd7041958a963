"""A copy of a package is compared with its manifest."""

import shutil
import sys

import pytest
from finished_run import make_clone, make_finished_run

from superice.cli import main
from superice.errors import InputError
from superice.package.build import write_package
from superice.package.verify import find_differences


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    write_package(*make_finished_run(folder), make_clone(folder / "clone"), folder / "package")
    return folder / "package"


@pytest.fixture
def copy(package, tmp_path):
    return shutil.copytree(package, tmp_path / "copy")


def test_a_whole_copy_differs_in_nothing(copy):
    (copy / ".snakemake_timestamp").touch()  # Snakemake's, in every folder that a rule makes
    differences, count = find_differences(copy)
    assert differences == [] and count > 50


def test_each_difference_is_named(copy, monkeypatch, capsys):
    (copy / "data/missing.csv").unlink()
    longer, other = copy / "data/coverage.csv", copy / "data/report.html"
    longer.write_bytes(longer.read_bytes() + b"\n")
    other.write_bytes(other.read_bytes()[::-1])
    (copy / "data/model/more.nc").touch()
    (copy / "bagit.txt").write_text((copy / "bagit.txt").read_text() + "\n")
    monkeypatch.setattr(sys, "argv", ["superice", "verify", str(copy)])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr()
    assert ended.value.code == 1 and "5 files differ from the manifest of" in told.err
    size = len((copy / "data/coverage.csv").read_bytes())
    assert told.out.splitlines() == [
        "other digest: bagit.txt",
        f"other size ({size} bytes, {size - 1} are expected): data/coverage.csv",
        "missing: data/missing.csv",
        "additional: data/model/more.nc",
        "other digest: data/report.html",
    ]


def test_a_copy_without_the_table_of_sizes_is_compared_by_digests(copy):
    (copy / "data/files.csv").unlink()
    (copy / "data/coverage.csv").write_text("a")
    assert [(one.name, one.reason) for one in find_differences(copy)[0]] == [
        ("data/coverage.csv", "other digest"),
        ("data/files.csv", "missing"),
    ]


def test_a_folder_that_is_no_package_is_told(tmp_path, copy):
    with pytest.raises(InputError, match=r"is not a package, since it holds no bagit\.txt: name the folder that"):
        find_differences(tmp_path)
    (copy / "manifest-sha256.txt").unlink()
    with pytest.raises(InputError):
        find_differences(copy)
