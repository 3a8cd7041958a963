"""The motion that the files of a branch show is that of the synthetic Arctic."""

import runpy
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from superice.fields.grid import Grid
from superice.fields.motion import make_nodes, read_motion
from superice.synthetic import file_names
from superice.synthetic.arctic import SPARE_DAYS, SyntheticDay
from superice.synthetic.nextsim_files import write_moorings
from superice.synthetic.satellite_files import write_drift

SCRIPT = Path(__file__).parents[3] / "workflow" / "scripts" / "collect_motion.py"
DAYS = [date(2022, 11, 1) + timedelta(n) for n in range(3)]
CUT = 50


@pytest.fixture
def region(satellites):
    grid = satellites.arctic.grid
    return Grid("region", grid.crs, grid.x[CUT:-CUT], grid.y[CUT:-CUT])


@pytest.fixture
def collect(region, tmp_path, monkeypatch):
    def run(kind, days):
        monkeypatch.setattr("superice.fields.grid.load_grid", lambda areas, name: region)
        stamps = [f"{day:%Y%m%d}" for day in days]
        arguments = ["--source", str(tmp_path), "--kind", kind, "--dates", *stamps, "--area", "region"]
        monkeypatch.setattr("sys.argv", [str(SCRIPT), *arguments, "--output", str(tmp_path / "motion.nc")])
        runpy.run_path(str(SCRIPT), run_name="__main__")
        return read_motion(tmp_path / "motion.nc")

    return run


def find_true_velocity(arctic, region, day):
    """Return the smooth part of the drift at the nodes, pixels a day down the rows and along the columns."""
    nodes = make_nodes(region)
    u, v = arctic.drift.velocity(
        (day - arctic.season.first).days + SPARE_DAYS, *np.meshgrid(nodes.x / 1000, nodes.y / 1000)
    )
    return np.stack([v, u]) * 1000 / region.step


def find_inside(motion, region):
    """Return the index of the nodes within the region, of a field (2, y, x)."""
    axes = zip((motion.rows, motion.columns), region.shape, strict=True)
    return np.ix_([0, 1], *(np.flatnonzero((axis >= 0) & (axis < size)) for axis, size in axes))


def test_a_model_day_shows_its_drift(satellites, region, collect, tmp_path):
    arctic, inner = satellites.arctic, (slice(CUT, -CUT),) * 2
    for day in DAYS[:2]:
        truth = arctic.simulate_day(day)
        cut = SyntheticDay(*(getattr(truth, name)[inner] for name in ("sic", "sit", "u", "v")))
        write_moorings(tmp_path / file_names.moorings_name(day), region, arctic.scale[inner], day, cut)
    motion = collect("moorings", DAYS[:2])
    assert motion.days.tolist() == DAYS[:2]
    inside = find_inside(motion, region)
    for number, day in enumerate(DAYS[:2]):
        error = motion.velocity[:, number][inside] - find_true_velocity(arctic, region, day)[inside]
        assert np.sqrt(np.mean(error**2)) < 0.1  # pixels a day; the cracks have jumps of their own


def test_the_drift_of_the_satellites_shows_it_with_their_errors_and_a_missing_day_is_left_out(
    satellites, region, collect, tmp_path, capsys
):
    for day in DAYS[::2]:
        write_drift(tmp_path / file_names.drift_name(day), satellites, day)
    motion = collect("drift", DAYS)
    assert motion.days.tolist() == DAYS[::2]
    warnings = capsys.readouterr().err
    assert f"no motion on {DAYS[1]}" in warnings and "motion on 2 of 3 days" in warnings
    arctic = satellites.arctic
    around = [find_true_velocity(arctic, region, DAYS[0] + timedelta(n)) for n in (-1, 0, 1)]
    truth = np.average(around, axis=0, weights=[0.25, 0.5, 0.25])  # over 48 hours
    error = (motion.velocity[:, 0] - truth)[find_inside(motion, region)]
    assert np.sqrt(np.mean(error**2)) < 0.2  # of displacements with an error of their own, pixels a day


def test_published_features_hold_no_motion(collect, capsys):
    with pytest.raises(SystemExit):
        collect("archive", DAYS)
    assert "holds no velocities" in capsys.readouterr().err
