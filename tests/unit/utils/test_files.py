"""Files are written whole or not at all; settings and errors name what is wrong."""

import numpy as np
import pytest
import torch
import xarray as xr
from safetensors.numpy import save_file

from superice.utils.command_line import run_command
from superice.utils.files import atomic_path, read_json, write_dataset, write_json
from superice.utils.netcdf import FileContent, Variable, write_content


def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"a": 1})
    with pytest.raises(RuntimeError), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert read_json(path) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("library", ["netcdf", "xarray", "torch", "safetensors", "numpy"])
def test_a_full_disk_is_told_as_such_whatever_library_writes(small_disk, tmp_path, capsys, library):
    """HDF5 says 'HDF error', torch that a file write failed."""
    values = np.random.default_rng(0).normal(size=(1000, 1000))
    path = small_disk(tmp_path / "disk", "2m") / "field"
    write = {
        "netcdf": lambda: write_content(path, FileContent({"sit": Variable(("y", "x"), values, {})}, (), {})),
        "xarray": lambda: write_dataset(path, xr.Dataset({"sit": (("y", "x"), values)})),
        "torch": lambda: write_whole(path, lambda file: save_tensor(values, file)),
        "safetensors": lambda: write_whole(path, lambda file: save_file({"weight": values}, file)),
        "numpy": lambda: write_whole(path, values.tofile),
    }
    with pytest.raises(SystemExit):
        run_command(write[library])
    remedy = "free some space and run the command again"
    assert capsys.readouterr().err == f"error: {path}: No space left on device; {remedy}\n"
    assert list(path.parent.iterdir()) == []


def save_tensor(values, path):
    with open(path, "wb") as file:
        torch.save(torch.from_numpy(values), file)


def write_whole(path, write):
    with atomic_path(path) as temporary:
        write(temporary)


def test_a_file_appears_only_when_the_block_ends(tmp_path):
    path = tmp_path / "new" / "a.txt"
    with atomic_path(path) as temporary:
        temporary.write_text("all")
        assert not path.exists()
    assert path.read_text() == "all"
