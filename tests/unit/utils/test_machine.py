"""Faults of the machine are told from damaged files: by made errors, and by real ones."""

import errno
import fcntl
import os
import resource
import subprocess
import sys

import netCDF4
import numpy as np
import pytest

from superice.errors import InputError, MachineError
from superice.utils.command_line import run_command
from superice.utils.machine import find_fault
from superice.utils.netcdf import open_whole_file, read_content

FAULTS = ("EIO", "ESTALE", "EMFILE", "ENFILE", "EACCES", "EPERM", "ENOMEM", "ENOLCK", "EAGAIN", "ETIMEDOUT", "ENOSPC")
OF_THE_FILE = ("ENOENT", "ENOTDIR", "EISDIR", "ENAMETOOLONG")


@pytest.fixture(params=["NETCDF4", "NETCDF3_CLASSIC"])
def file(request, tmp_path):
    path = tmp_path / "a.nc"
    with netCDF4.Dataset(path, "w", format=request.param) as data:
        data.createDimension("x", 1000)
        data.createVariable("sit", "f8", ("x",))[:] = np.arange(1000.0)
    return path


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("as_text", [False, True])
def test_a_number_of_the_system_tells_a_fault(name, as_text):
    """NetCDF4 hands on the error of an opening with its number, and that of a reading as a text."""
    number = getattr(errno, name)
    text = os.strerror(number)
    assert find_fault(RuntimeError(text) if as_text else OSError(number, text)).startswith(f"{text}; ")


@pytest.mark.parametrize("name", OF_THE_FILE)
def test_other_numbers_say_something_about_the_file(name):
    assert find_fault(OSError(getattr(errno, name), "no")) is None
    assert find_fault(OSError(-101, "NetCDF: HDF error")) is None
    assert find_fault(RuntimeError("NetCDF: HDF error")) is None


def test_more_than_a_field_is_asked_for_by_a_damaged_header():
    assert find_fault(MemoryError()) is None


@pytest.mark.parametrize("name", ["EIO", "ESTALE", "EACCES"])
def test_a_fault_that_the_library_hides_shows_when_the_bytes_are_read(file, monkeypatch, name):
    """HDF5 reports an error of the disk as it reports damage; a plain reading tells them apart."""
    number = getattr(errno, name)

    def fail(*arguments, **options):
        raise OSError(-101, "NetCDF: HDF error")

    def fail_plainly(path, mode="r", buffering=-1, *others):
        if buffering == 0:
            raise OSError(number, os.strerror(number))
        return open(path, mode)

    monkeypatch.setattr("netCDF4.Dataset", fail)
    with pytest.raises(OSError, match="HDF error"):
        open_whole_file(file)
    monkeypatch.setattr("pathlib.Path.open", fail_plainly)
    with pytest.raises(MachineError, match=f"a.nc: the machine could not read it: {os.strerror(number)}; "):
        open_whole_file(file)


def test_an_opening_that_fails_once_is_done_again(file, monkeypatch):
    opened, real = [], netCDF4.Dataset

    def fail_once(path):
        opened.append(path)
        if len(opened) == 1:
            raise OSError(-101, "NetCDF: HDF error")
        return real(path)

    monkeypatch.setattr("netCDF4.Dataset", fail_once)
    assert read_content(file, ("sit",))["sit"].sum() == 999 * 500


@pytest.mark.parametrize("file", ["NETCDF4"], indirect=True)
def test_a_file_that_another_process_has_locked(file, monkeypatch):
    program = f"import netCDF4; file = netCDF4.Dataset({str(file)!r}, 'a'); print('locked', flush=True); input()"
    other = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert other.stdout.readline() == b"locked\n"
        with pytest.raises(MachineError, match=r"locked by another process; .* HDF5_USE_FILE_LOCKING=FALSE"):
            read_content(file, ("sit",))
        reader = f"from superice.utils.netcdf import *; print(read_content({str(file)!r}, ['sit'])['sit'].size)"
        freely = os.environ | {"HDF5_USE_FILE_LOCKING": "FALSE"}
        done = subprocess.run([sys.executable, "-c", reader], env=freely, capture_output=True, check=False)
        assert done.stdout == b"1000\n", done.stderr
    finally:
        other.communicate(b"\n")
    assert read_content(file, ("sit",))["sit"].size == 1000


@pytest.mark.parametrize("file", ["NETCDF4"], indirect=True)
def test_a_file_system_without_locks(file, monkeypatch):
    def refuse(*arguments):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    def fail(path):
        raise OSError(-101, "NetCDF: HDF error")

    monkeypatch.setattr("netCDF4.Dataset", fail)
    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(MachineError, match=r"has no locks \(No locks available\); set .* HDF5_USE_FILE_LOCKING=FALSE"):
        open_whole_file(file)
    monkeypatch.setenv("HDF5_USE_FILE_LOCKING", "FALSE")
    with pytest.raises(OSError, match="HDF error"):
        open_whole_file(file)


def test_no_more_files_can_be_opened(file):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    opened = []
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (128, hard))
        with pytest.raises(OSError, match="Too many open files"):
            while True:
                opened.append(open(os.devnull))  # noqa: SIM115
        with pytest.raises(MachineError, match=r"Too many open files; raise .* \(`ulimit -n`\)"):
            read_content(file, ("sit",))
    finally:
        for one in opened:
            one.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.EIO, "Input/output error", "a.npy"), "error: a.npy: Input/output error; run the command again"),
        (MachineError("locked", file="a.nc"), "error: a.nc: the machine could not read it: locked"),
        (InputError("wrong grid", file="a.nc"), "error: a.nc: wrong grid"),
    ],
)
def test_a_fault_ends_a_command_with_one_sentence(capsys, error, sentence):
    def fail():
        raise error

    with pytest.raises(SystemExit) as end:
        run_command(fail)
    assert end.value.code == 1
    assert capsys.readouterr().err.startswith(sentence)
