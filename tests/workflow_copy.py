"""A copy of the workflow in a folder of its own, and Snakemake in it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SMALL_AREA = """small:
  projection: {proj: stere, lat_0: 90, lat_ts: 90, lon_0: -45, R: 6378273}
  shape: {height: 64, width: 72}
  area_extent: {lower_left_xy: [148500, -571500], upper_right_xy: [364500, -379500], units: m}
"""


def copy_workflow(folder, **configurations):
    """Copy the workflow to ``folder``, with the area ``small`` in areas.yaml and each configuration in <name>.yaml."""
    for name in ("Snakefile", "config", "workflow", "superice", "profiles", "envs", "pyproject.toml"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    for name, text in {"areas": SMALL_AREA, **configurations}.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder


def environment_in(folder, environment=os.environ):
    """The environment in which Snakemake and its jobs use the package of that copy, and one thread each."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    return {
        **environment,
        "PYTHONPATH": str(folder),
        "OMP_NUM_THREADS": "1",
        "PATH": path,
        "SOURCE_DATE_EPOCH": "1672531200",
    }


def snakemake(folder, *arguments, check=True, package=None):
    """What Snakemake says in the copy, or in another folder with the package of a clone."""
    command = [sys.executable, "-m", "snakemake", *arguments]
    result = subprocess.run(
        command, cwd=folder, env=environment_in(package or folder), capture_output=True, text=True, check=False
    )
    output = result.stdout + result.stderr
    assert not check or result.returncode == 0, output[-4000:]
    return output


def jobs(output):
    """How many jobs of each rule a dry-run plans."""
    table = re.search(r"^job +count\n-+ +-+\n(.*?)^total", output, re.MULTILINE | re.DOTALL)
    return {name: int(count) for name, count in (line.split() for line in table[1].splitlines())}
