"""The lock holds the pins of pyproject.toml and all that they need, with hashes and without addresses."""

import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]
LOCK = ROOT / "envs" / "requirements.lock"


def read_entries():
    """Return the entries of the lock, each on one line: name==version ; marker --hash=... --hash=..."""
    lines = LOCK.read_text().replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def read_versions():
    """Return the locked versions of each package: one, or one for each range of Python versions."""
    versions = {}
    for entry in read_entries():
        requirement = Requirement(entry.partition(" --hash")[0])
        version = str(requirement.specifier).removeprefix("==")
        versions.setdefault(canonicalize_name(requirement.name), set()).add(version)
    return versions


def read_pins():
    """Return the pins of pyproject.toml as (name, version), those of all extras included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    return [tuple(pin.split("==")) for group in groups for pin in group]


@pytest.mark.parametrize(("name", "version"), [pin for pin in read_pins() if pin[0] != "torch"])
def test_a_pin_stands_in_the_lock(name, version):
    assert read_versions()[canonicalize_name(name)] == {version}


def test_torch_is_not_locked():
    """Each site takes its own build of the version; test_versions.py compares the version in the Makefile."""
    assert "torch" not in read_versions()


def test_what_every_build_of_torch_needs_is_locked():
    """Dependencies under a condition belong to one build, or to an extra."""
    locked = read_versions()
    for requirement in map(Requirement, importlib.metadata.requires("torch")):
        if requirement.marker is None:
            versions = locked[canonicalize_name(requirement.name)]
            assert all(requirement.specifier.contains(version) for version in versions), requirement


def find_needs(name, extras=("",), seen=None):
    """Return all that a package needs here, as requirements, and what those need."""
    seen = set() if seen is None else seen
    needs = [
        need
        for need in map(Requirement, importlib.metadata.requires(name) or [])
        if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in extras)
    ]
    for need in needs:
        asked = (canonicalize_name(need.name), *sorted(need.extras))
        if asked not in seen:
            seen.add(asked)
            needs = needs + find_needs(need.name, ("", *need.extras), seen)
    return needs


def test_the_lock_is_complete():
    """The lock is installed without a look at what its packages need, for a newer release of one would end that."""
    installing = [line for line in (ROOT / "Makefile").read_text().splitlines() if "-r $(LOCK)" in line]
    assert installing and all("--require-hashes --no-deps" in line for line in installing)
    locked = read_versions() | {"torch": {version for name, version in read_pins() if name == "torch"}}
    tools = {"pip", "setuptools", "wheel"}  # of the environment itself
    for name, _ in read_pins():
        for need in find_needs(name):
            if canonicalize_name(need.name) not in tools:
                versions = locked[canonicalize_name(need.name)]
                assert any(need.specifier.contains(version) for version in versions), f"{name}: {need}"


def test_every_entry_has_hashes():
    for entry in read_entries():
        hashes = re.findall(r"--hash=(\S+)", entry)
        assert hashes and all(re.fullmatch("sha256:[0-9a-f]{64}", value) for value in hashes), entry


def test_no_line_holds_an_address_or_an_option():
    for line in LOCK.read_text().splitlines():
        assert "://" not in line and " @ " not in line and not line.startswith("-"), line
