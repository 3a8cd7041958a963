"""A run of which every file is there that a package takes: small ones, with what the pages read."""

import json
from pathlib import Path

import netCDF4
import numpy as np
from safetensors.numpy import save_file

from superice.dataset.publication import describe_publication
from superice.run.configuration import Configuration
from superice.run.paths import RunPaths

CONTENT = {
    "name": "tiny",
    "calendar": {
        "training": {"first": "2020-11-01", "last": "2020-11-02"},
        "validation": {"first": "2021-11-01", "last": "2021-11-01"},
        "test": {"first": "2022-11-01", "last": "2022-11-02"},
        "observations": {"first": "2022-11-01", "last": "2022-11-02"},
    },
    "defaults": {"seeds": [0], "sampler": {"members": 4}, "ensembles": {"keep": "both"}},
    "experiments": {"cubic": {"baseline": "cubic"}},
    "run": ["reference", "cubic"],
}
TABLES = {
    "comparison.csv": "branch,split,experiment,dates,members,rmse,crps\n"
    "model,validation,reference,1,4,0.777,0.5\nmodel,test,reference,2,4,0.123,0.045\nmodel,test,cubic,2,1,0.2,0.1\n"
    "model,test,low_resolution,2,1,0.3,0.2\n",
    "table.csv": "branch,split,experiment,field,dates,members,rmse,crps\n"
    "model,validation,reference,generated,1,4,0.777,0.5\nmodel,test,reference,generated,5,4,0.124,0.045\n"
    "model,test,reference,low_resolution,5,1,0.3,0.2\nmodel,test,cubic,generated,5,1,0.2,0.1\n"
    "model,test,cubic,low_resolution,5,1,0.3,0.2\nmodel,test,other,generated,5,4,0.777,0.5\n",
    "missing.csv": "date,branch,product,file,variable,value,reason\n2022-11-02,observations,osisaf_drift,,,,no file\n",
    "coverage.csv": "date,ice_pixels,without_cs2smos,without_osisaf_drift,kept_pixels,kept_percent,notes\n"
    "2022-11-01,1000,0,421,579,57.9,\n2022-11-02,1000,0,421,579,57.9,cs2smos: without SMOS\n",
    "selection.csv": "training,noise_scale,chosen\nseed0,1.0,True\n",
    "model.csv": "split,period,region,quantity,calibration\ntest,day,all,volume,spread/error 0.87 on 2 days\n",
}


def make_finished_run(folder, **sections):
    """Return configuration and paths of a run in a folder, with files in all places of a package."""
    run = Configuration(CONTENT | sections)
    paths = RunPaths(run, str(folder / "results" / run.name))
    for path in map(Path, paths.package_files()):
        if not path.is_relative_to(folder):  # given weights
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".zarr":
            (path / "sit_mean").mkdir(parents=True)
            (path / "zarr.json").write_text('{"attributes": {"license": "none", "experiment": "reference"}}')
            (path / ".snakemake_timestamp").touch()
        elif path.suffix == ".nc":
            with netCDF4.Dataset(path, "w") as file:
                file.setncatts(describe_publication({}))
        elif path.suffix == ".csv":
            path.write_text(TABLES.get(path.name, "a,b\n"))
        elif path.suffix == ".safetensors":
            _write_weights(path)
        else:
            path.write_bytes(path.name.encode())
    return run, paths


def _write_weights(path):
    described = {"superice": json.dumps({"origin": {"experiment": "reference", "seed": 0}})}
    save_file({"weight": np.zeros((3, 4), np.float32)}, path, metadata=described)


def make_clone(folder):
    """Return a folder with a little of a workflow."""
    for name in (
        "Snakefile",
        "workflow/rules/a.smk",
        "superice/__init__.py",
        "superice/__pycache__/a.pyc",
        "tests/a.py",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"# {name}\n")
    return folder
