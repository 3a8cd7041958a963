"""The conda environment holds the versions of pyproject.toml."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[3]
CONDA_NAMES = {"matplotlib-base": "matplotlib", "dask-core": "dask"}


def pinned(lines):
    pairs = (re.fullmatch(r"([\w.-]+)==?([\w.]+)", line) for line in lines)
    return {CONDA_NAMES.get(pair[1], pair[1]): pair[2] for pair in pairs if pair}


def test_conda_and_pip_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    dependencies = yaml.safe_load((ROOT / "envs" / "superice.yaml").read_text())["dependencies"]
    pip = next(item["pip"] for item in dependencies if isinstance(item, dict))
    conda = pinned([item for item in dependencies if isinstance(item, str)] + pip)
    assert conda.pop("python") == project["requires-python"].removeprefix(">=")
    assert conda == pinned(project["dependencies"])
    assert len(conda) == len(project["dependencies"])


def test_torch_is_installed_in_the_pinned_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"pip install --quiet torch=={pinned(project['dependencies'])['torch']}\n" in (ROOT / "Makefile").read_text()
