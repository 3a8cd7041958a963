"""Versions that stand in several files agree, and the hooks of a commit download nothing."""

import re
import tomllib
from pathlib import Path

import yaml

import superice

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


def test_the_version_of_the_package_is_the_same_everywhere():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert superice.__version__ == version
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == version
    released = re.findall(r"^## \[?(\d[^\] ]*)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert released[0] == version


def test_hooks_call_programs_of_the_lock():
    """No hook has a repository or an environment of its own, and each program is one that `make lint` calls."""
    repositories = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [repository["repo"] for repository in repositories] == ["local"]
    lint = (ROOT / "Makefile").read_text()
    pins = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["test"]
    for hook in repositories[0]["hooks"]:
        program = re.search(r"exec (\S+)", hook["entry"])[1]
        assert hook["language"] == "system"
        assert f"$(BIN)/{program}" in lint and program in pinned(pins)


def test_torch_is_installed_in_the_pinned_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"pip install --quiet torch=={pinned(project['dependencies'])['torch']}\n" in (ROOT / "Makefile").read_text()
