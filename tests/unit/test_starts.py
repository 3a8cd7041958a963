"""What commands and the planning of a run import: a start costs seconds of arithmetic, and a run has hundreds."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from feature_days import AREAS, DAY, make_grid_near_pole, strained_day
from product_files import write_moorings
from random_networks import make_trained_network

from superice.network.normalisation import VARIABLES, Normalisation

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "workflow" / "scripts").glob("*.py"))
# Libraries with a start that can be felt, from 0.03 s (netCDF4) to 1.3 s (torch).
HEAVY = {
    "cartopy",
    "cf_units",
    "matplotlib",
    "netCDF4",
    "numpy",
    "pandas",
    "pydantic",
    "pyproj",
    "pyresample",
    "scipy",
    "scipy.interpolate",
    "scipy.ndimage",
    "scipy.stats",
    "skimage",
    "torch",
    "xarray",
}
NDIMAGE = {"scipy", "scipy.ndimage"}
GRIDDED = {"netCDF4", "numpy", "pyproj"}  # a grid, and a file on it
# What scripts may import before they have read their options; all others nothing.
BEFORE_OPTIONS = {
    # It belongs to no rule.
    "compare_synthetic": GRIDDED | NDIMAGE | {"pydantic", "scipy.interpolate", "scipy.stats"},
    # The methods that it can be asked for are those of a reader.
    "store_year": GRIDDED,
}
PROGRAM = """
import json, runpy, sys
script, sys.argv = sys.argv[1], sys.argv[1:]
try:
    runpy.run_path(script, run_name="__main__")
except SystemExit as end:
    if end.code:
        raise
print(json.dumps(list(sys.modules)))
"""


def list_heavy(*command):
    """Return the heavy libraries that a new Python has imported after a program, a script with options or a statement."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", *map(str, command)], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    return HEAVY.intersection(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_options_are_read_before_heavy_libraries(script):
    assert list_heavy(PROGRAM, script, "--help") <= BEFORE_OPTIONS.get(script.stem, set())


def test_planning_a_run_imports_neither_torch_nor_the_libraries_of_the_science():
    """Snakemake imports these modules in every process, on a cluster again for every job."""
    modules = [
        "figures.catalogue",
        "surrogate.configuration",
        *(path.stem for path in (ROOT / "superice/run").glob("*.py")),
    ]
    names = [f"superice.{name}" if "." in name else f"superice.run.{name}" for name in modules if name != "__init__"]
    statement = f"import json, sys, {', '.join(names)}; print(json.dumps(list(sys.modules)))"
    assert list_heavy(statement) <= GRIDDED | {"pydantic"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the inputs of small jobs, which add their outputs."""
    folder = tmp_path_factory.mktemp("jobs")
    (folder / "areas.yaml").write_text(AREAS)
    day = strained_day(make_grid_near_pole())
    fields = {"sic": day.sic, "sit": day.sit, "siu": day.u / 5, "siv": day.v / 5}
    write_moorings(folder / "nextsim", make_grid_near_pole(), [DAY], fields)
    means, deviations = dict.fromkeys(VARIABLES, 0.0), dict.fromkeys(VARIABLES, 10.0)
    normalisation = Normalisation(means, deviations, floor=1e-4, sic_threshold=0.15, days=1, pixels=1)
    make_trained_network(normalisation, seed=7).save(folder / "weights.safetensors")
    baseline = {"baseline": "cubic", "sic_threshold": 0.15, "members": 1}
    sampler = {"name": "ddim", "steps": 1, "members": 2}
    (folder / "baseline.yaml").write_text(yaml.safe_dump(baseline))
    (folder / "volume.yaml").write_text(yaml.safe_dump({"sic_threshold": 0.15, "thin_ice_m": [0.5]}))
    (folder / "settings.yaml").write_text(yaml.safe_dump({"sampler": sampler}))
    history = folder / "experiment" / "seed0" / "history.csv"
    history.parent.mkdir(parents=True)
    losses = [f"{split}_{kind}_loss" for split in ("training", "validation") for kind in ("noise", "image")]
    history.write_text(",".join(["epoch", *losses]) + "\n1,1,1,1,1\n")
    return folder


class TestJobs:
    """Small jobs of the rules that a run has most of, each on outputs of those before it."""

    @pytest.fixture
    def run(self, folder):
        """Return a function that runs a job and returns the heavy libraries that it has imported; / is the folder."""

        def start(script, *options):
            named = [str(folder) + option if option.startswith("/") else option for option in options]
            return list_heavy(PROGRAM, ROOT / "workflow" / "scripts" / f"{script}.py", *named)

        return start

    GRID = ("--areas", "/areas.yaml", "--area", "near_pole", "--date", DAY.isoformat())
    DRAWING = ("--features", "/20220412.nc", *GRID, "--branch", "model", "--experiment", "e", "--seed", "1")

    def test_model_features(self, run, folder):
        source = ("--source", "/nextsim", "--kind", "moorings", *self.GRID)
        outputs = ("--output", "/20220412.nc", "--store", "/20220412.npy", "--record", "/20220412.json")
        assert run("model_features", *source, *outputs) == GRIDDED | NDIMAGE | {"pydantic"}
        assert json.loads((folder / "20220412.json").read_text())["available"]

    def test_draw_baseline(self, run):
        options = (*self.DRAWING, "--settings", "/baseline.yaml", "--output", "/cubic.nc")
        assert run("draw_baseline", *options) == GRIDDED | NDIMAGE

    def test_draw_ensemble(self, run):
        options = (*self.DRAWING, "--settings", "/settings.yaml", "--weights", "/weights.safetensors")
        assert run("draw_ensemble", *options, "--output", "/drawn.nc") == GRIDDED | {"pydantic", "torch"}

    def test_score_date(self, run):
        files = (
            "--prediction",
            "/drawn.nc",
            "--features",
            "/20220412.nc",
            "--output",
            "/scores.nc",
            "--sums",
            "/sums.nc",
        )
        known = ("--experiment", "e", "--split", "test")
        expected = {"netCDF4", "numpy", "pydantic", "skimage"} | NDIMAGE
        assert run("score_date", *files, *known) == expected

    def test_volume_date(self, run):
        assert run("make_regions", *self.GRID[:4], "--output", "/regions.nc") >= GRIDDED
        files = ("--prediction", "/drawn.nc", "--features", "/20220412.nc", "--truth", "/20220412.nc")
        known = ("--date", DAY.isoformat(), "--settings", "/volume.yaml", "--output", "/volume.nc")
        assert run("volume_date", *files, "--regions", "/regions.nc", *known) == {"netCDF4", "numpy"}

    def test_draw_figure_of_maps(self, run):
        files = ("--features", "/20220412.nc", "--predictions", "/drawn.nc", "--png", "/maps.png", "--pdf", "/maps.pdf")
        assert run("draw_figure", "maps", *files) == GRIDDED | {"cartopy", "matplotlib"}

    def test_draw_figure_of_curves(self, run):
        files = ("--histories", "/experiment/seed0/history.csv", "--png", "/curves.png", "--pdf", "/curves.pdf")
        assert run("draw_figure", "training", *files) == {"matplotlib", "numpy", "pandas"}
