"""A model day near the pole, its grid, and the workflow's commands run on them."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pyproj

from superice.fields.grid import Grid
from superice.readers.nextsim_day import ModelDay

DAY = date(2022, 4, 12)
ROOT = Path(__file__).parents[2]
STEREOGRAPHIC = pyproj.CRS("+proj=stere +lat_0=90 +lat_ts=90 +lon_0=-45 +R=6378273")
AREAS = """
near_pole:
  description: 60 x 70 cells near the pole
  projection: {proj: stere, lat_0: 90, lat_ts: 90, lon_0: -45, R: 6378273}
  shape: {height: 60, width: 70}
  area_extent: {lower_left_xy: [-1500, -401500], upper_right_xy: [208500, -221500], units: m}
"""


def make_grid_near_pole():
    """Return 60 x 70 cells of 3 km near the pole."""
    return Grid("near_pole", STEREOGRAPHIC, 3000.0 * np.arange(70), -400_000 + 3000.0 * np.arange(60))


def strained_day(grid, **changes):
    """A model day with ice in the upper two thirds, a uniform strain, and a lead of one pixel."""
    shape = grid.shape
    sic, sit = np.ones(shape), np.full(shape, 2.0)
    sic[:20], sit[:20] = 0.0, 0.0
    sic[40], sit[40] = 0.0, 0.0
    x, y = grid.x - grid.x[0], (grid.y - grid.y[0])[:, None]
    fields = {
        "sic": sic,
        "sit": sit,
        "u": 1e-7 * x + 0 * y,
        "v": np.where(sic > -1, 2e-7 * y + 0 * x, 0),
        "divergence": None,
    }
    fields["u"][:20], fields["v"][:20] = 5.0, -5.0
    return ModelDay(Path("moorings.nc"), **(fields | changes))


def run_script(script, folder, *options):
    """Run a workflow command; its standard error."""
    areas = folder / "areas.yaml"
    areas.write_text(AREAS)
    command = [
        sys.executable,
        ROOT / "workflow" / "scripts" / script,
        "--areas",
        areas,
        "--area",
        "near_pole",
    ]
    done = subprocess.run(  # noqa: PLW1510
        [*map(str, command), *map(str, options)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    return done.stderr
