"""A fault of the machine fails the job of a day: it makes no empty day, no record, and no output."""

import errno
import fcntl
import os
import runpy
import subprocess
import sys
from datetime import date
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from feature_days import AREAS, DAY, make_grid_near_pole, strained_day
from product_files import write_moorings, write_thickness

from superice.readers import cs2smos
from superice.readers.product_file import open_product

SCRIPTS = Path(__file__).parents[3] / "workflow" / "scripts"


@pytest.fixture
def job(tmp_path, monkeypatch):
    """The input of a day of the model, and a function that runs its job and returns its status."""
    day = strained_day(make_grid_near_pole())
    fields = {"sic": day.sic, "sit": day.sit, "siu": day.u / 5, "siv": day.v / 5}
    source = write_moorings(tmp_path / "nextsim", make_grid_near_pole(), [DAY], fields)
    (tmp_path / "areas.yaml").write_text(AREAS)
    options = ["--source", source.parent, "--kind", "moorings", "--date", DAY, "--area", "near_pole"]
    options += ["--areas", tmp_path / "areas.yaml", "--output", tmp_path / "day.nc", "--record", tmp_path / "day.json"]
    monkeypatch.setattr("sys.argv", ["model_features", *map(str, options)])

    def run():
        try:
            runpy.run_path(str(SCRIPTS / "model_features.py"), run_name="__main__")
        except SystemExit as end:
            return end.code
        return 0

    return source, run


def list_outputs(source):
    return sorted(path.name for path in source.parents[1].glob("day*"))


def test_a_damaged_file_makes_an_empty_day(job):
    source, run = job
    source.write_bytes(source.read_bytes()[:-1])
    assert run() == 0
    assert list_outputs(source) == ["day.json", "day.nc"]
    assert "truncated" in (source.parents[1] / "day.json").read_text()


def test_a_locked_file_fails_the_job_until_it_is_free(job, capsys):
    source, run = job
    program = f"import netCDF4; file = netCDF4.Dataset({str(source)!r}, 'a'); print('locked', flush=True); input()"
    other = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        other.stdout.readline()
        assert run() == 1
    finally:
        other.communicate(b"\n")
    assert "HDF5_USE_FILE_LOCKING=FALSE" in capsys.readouterr().err
    assert list_outputs(source) == []
    assert run() == 0
    assert list_outputs(source) == ["day.json", "day.nc"]


@pytest.mark.parametrize("name", ["EIO", "ESTALE", "EMFILE", "EACCES"])
def test_a_fault_of_the_system_fails_the_job(job, monkeypatch, capsys, name):
    source, run = job
    number, real = getattr(errno, name), netCDF4.Dataset

    def fail(path, *arguments, **options):
        if Path(path) == source:
            raise OSError(number, os.strerror(number), str(path))
        return real(path, *arguments, **options)

    monkeypatch.setattr("netCDF4.Dataset", fail)
    assert run() == 1
    assert os.strerror(number) in capsys.readouterr().err
    assert list_outputs(source) == []


def test_a_locked_product_fails_the_job_of_an_observed_day(tmp_path, monkeypatch, capsys):
    """The other two products are missing, which alone would make an empty day."""
    path = write_thickness(tmp_path / "cs2smos", DAY, np.full((432, 432), 2.0))
    (tmp_path / "areas.yaml").write_text(AREAS)
    options = ["--cs2smos", path.parent, "--concentration", tmp_path / "none", "--drift", tmp_path / "none"]
    options += ["--date", DAY, "--area", "near_pole", "--areas", tmp_path / "areas.yaml"]
    options += ["--output", tmp_path / "day.npz", "--output-netcdf", tmp_path / "day.nc"]
    options += ["--record", tmp_path / "day.json"]
    monkeypatch.setattr("sys.argv", ["observed_features", *map(str, options)])
    with path.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(SystemExit) as end:
            runpy.run_path(str(SCRIPTS / "observed_features.py"), run_name="__main__")
    assert end.value.code == 1
    assert "locked by another process" in capsys.readouterr().err
    assert list_outputs(path) == []
    runpy.run_path(str(SCRIPTS / "observed_features.py"), run_name="__main__")
    assert list_outputs(path) == ["day.json", "day.nc", "day.npz"]


def test_no_memory_for_a_field_is_no_damage(tmp_path):
    path = tmp_path / "large.nc"
    with netCDF4.Dataset(path, "w") as data:
        for name, size in (("yc", 3000), ("xc", 3000)):
            data.createDimension(name, size)
        data.createVariable("sit", "f4", ("yc", "xc"), zlib=True)
    program = (
        "import resource, sys\n"
        "from superice.errors import MachineError\n"
        "from superice.readers.product_file import open_product\n"
        f"with open_product('nextsim', {str(path)!r}) as file:\n"
        "    pages = int(open('/proc/self/statm').read().split()[0])\n"
        "    limit = pages * resource.getpagesize() + 5_000_000\n"
        "    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))\n"
        "    file.read_part('sit')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1].endswith("could not read it: not enough memory; give the job more memory")


def test_a_header_that_claims_more_than_any_field_is_refused(tmp_path):
    path = tmp_path / "huge.nc"
    with netCDF4.Dataset(path, "w") as data:
        for name in ("yc", "xc"):
            data.createDimension(name, 10**6)
        data.createVariable("sit", "f4", ("yc", "xc"), chunksizes=(1000, 1000))
    with open_product("nextsim", path) as file, pytest.raises(Exception, match="larger than any known grid"):
        file.read_part("sit")


@pytest.mark.parametrize(("failures", "passes"), [(1, True), (2, False)])
def test_a_reading_that_fails_once_is_done_again(tmp_path, failures, passes):
    day = date(2022, 4, 12)
    path = write_thickness(tmp_path, day, np.full((432, 432), 2.0))
    expected = cs2smos.read(path, day).thickness

    class Failing:
        """A variable whose reading fails at first."""

        ndim, shape = 3, (1, 432, 432)

        def __init__(self, variable):
            self.variable, self.left = variable, failures

        def __getitem__(self, part):
            self.left -= 1
            if self.left >= 0:
                raise RuntimeError("NetCDF: HDF error")
            return self.variable[part]

    with open_product("cs2smos", path) as file:
        variable = Failing(file.dataset[cs2smos.VARIABLES[0]])
        file.get_variable = lambda name: variable
        if passes:
            assert file.read_part("thickness").size == expected.size
        else:
            with pytest.raises(Exception, match="damaged"):
                file.read_part("thickness")
