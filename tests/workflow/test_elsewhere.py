"""The workflow from other places: another folder, another workflow, a read-only clone, a shell without its environment."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from workflow_copy import ROOT, SMALL_AREA, copy_workflow, environment_in, jobs, snakemake

from superice.cli import report_status

CONFIG = """
name: away
grid: {areas: my areas.yaml, area: small}
calendar:
  training: {first: "2020-10-18", last: "2020-11-30", every: 30}
  validation: null
  test: {first: "2022-10-18", last: "2022-10-31", every: 30}
  observations: null
sources: {model: {kind: synthetic}, observations: {kind: synthetic}}
defaults: {ensembles: {splits: [test]}}
published: reference
figures: {members: [], model: [], observations: [], smoothing: []}
"""
LAND = "results/away/land.npy"
FEATURES = "results/away/model/features/20221018.nc"


@pytest.fixture
def folder(tmp_path):
    """A folder with a space and a quote in its name, and in it a configuration on top of the workflow's own."""
    folder = tmp_path / "my season's run"
    folder.mkdir()
    (folder / "my areas.yaml").write_text(SMALL_AREA)
    (folder / "away.yaml").write_text(CONFIG)
    return folder


def run(folder, snakefile, *arguments):
    return snakemake(folder, "-s", str(snakefile), "--directory", str(folder), *arguments, package=snakefile.parent)


def test_another_folder_without_a_configuration_plans_the_workflows_own(folder):
    target = "results/superice/model/features/20221018.nc"
    assert jobs(run(folder, ROOT / "Snakefile", "--dry-run", target))["model_features"] == 1


def test_the_snakefile_in_the_workflow_folder_is_the_same(folder):
    target = "results/superice/model/features/20221018.nc"
    arguments = "-s", str(ROOT / "workflow/Snakefile"), "--dry-run", target
    assert jobs(snakemake(folder, *arguments, package=ROOT))["model_features"] == 1


def test_a_configuration_in_the_folder_is_taken(folder):
    (folder / "config").mkdir()
    (folder / "away.yaml").rename(folder / "config/config.yaml")
    run(folder, ROOT / "Snakefile", "--cores", "1", LAND)
    assert (folder / LAND).stat().st_size > 0


def test_a_clone_and_a_folder_with_spaces_and_quotes_make_features(folder, tmp_path):
    clone = tmp_path / "the lab's clone"
    clone.mkdir()
    copy_workflow(clone)
    run(folder, clone / "Snakefile", "--cores", "2", "--configfile", str(folder / "away.yaml"), "--", FEATURES)
    assert (folder / FEATURES).stat().st_size > 0
    assert not list(clone.glob("results")) and not list(clone.glob(".snakemake"))


def test_a_command_of_a_log_can_be_repeated_by_hand(folder):
    arguments = "--cores", "2", "--printshellcmds", "--configfile", str(folder / "away.yaml"), "--", FEATURES
    output = run(folder, ROOT / "Snakefile", *arguments)
    (command,) = [line for line in output.splitlines() if "model_features.py" in line]
    first = (folder / FEATURES).read_bytes()
    (folder / FEATURES).unlink()
    environment = environment_in(ROOT)
    subprocess.run(command.split("Shell command: ")[-1], shell=True, cwd=folder, env=environment, check=True)
    assert (folder / FEATURES).read_bytes() == first


def test_another_workflow_uses_it_as_a_module(folder):
    (folder / "Snakefile").write_text(
        f"""
configfile: "away.yaml"
module superice:
    snakefile: "{ROOT}/Snakefile"
    config: config
use rule * from superice as superice_*
rule all:
    default_target: True
    input: rules.superice_make_land.output, "{FEATURES}"
"""
    )
    assert jobs(snakemake(folder, "--dry-run", package=ROOT))["superice_make_land"] == 1
    snakemake(folder, "--cores", "2", package=ROOT)
    assert (folder / LAND).stat().st_size > 0 and (folder / FEATURES).stat().st_size > 0


def test_a_module_can_keep_its_results_elsewhere(folder):
    (folder / "Snakefile").write_text(
        f"""
configfile: "away.yaml"
module superice:
    snakefile: "{ROOT}/Snakefile"
    config: config
    pathvars:
        results="store of results",
use rule * from superice as superice_*
"""
    )
    snakemake(folder, "--cores", "1", "--", "store of results/away/land.npy", package=ROOT)
    assert (folder / "store of results/away/land.npy").stat().st_size > 0


def test_a_clone_that_cannot_be_written_to_is_enough(folder, read_only_clone):
    run(folder, read_only_clone / "Snakefile", "--cores", "1", "--configfile", str(folder / "away.yaml"), "--", LAND)
    assert (folder / LAND).stat().st_size > 0


def test_a_plan_writes_nothing_and_a_run_of_any_target_is_found_by_its_status(folder, capsys):
    arguments = "--configfile", "away.yaml", "--", FEATURES
    for question in ("--dry-run", "--summary"):
        run(folder, ROOT / "Snakefile", question, *arguments)
        assert not (folder / "results").exists()
    run(folder, ROOT / "Snakefile", "--cores", "1", *arguments[:-1], LAND)
    report_status(["--folder", str(folder)])
    told = capsys.readouterr().out
    assert told.startswith("away:") and "not begun" not in told
    run(folder, ROOT / "Snakefile", "--cores", "2", *arguments)
    assert "Nothing to be done" in run(folder, ROOT / "Snakefile", "--dry-run", *arguments)


@pytest.mark.parametrize("option", ["--dry-run", "--cores=1"])
def test_inside_a_clone_that_cannot_be_written_to_a_sentence_says_where_to_start(read_only_clone, folder, option):
    """Snakemake itself writes its notes where it is started, also of a plan."""
    arguments = option, "--configfile", "config/demo.yaml", "--", LAND.replace("away", "demo")
    ended = snakemake(read_only_clone, *arguments, check=False)
    assert ended.splitlines()[-1].startswith(f"{read_only_clone} cannot be written to")
    assert "Traceback" not in ended and "with --directory" in ended
    planned = snakemake(read_only_clone, "--directory", str(folder), "--dry-run", *arguments[1:])
    assert jobs(planned)["make_land"] == 1


def test_a_run_whose_results_cannot_be_written_ends_with_a_sentence(folder):
    (folder / "results").symlink_to("/proc")
    arguments = "--cores", "1", "--configfile", str(folder / "away.yaml"), "--", FEATURES
    command = "-s", str(ROOT / "Snakefile"), "--directory", str(folder), *arguments
    ended = snakemake(folder, *command, check=False, package=ROOT)
    assert "settings: results/away/settings/publication.yaml cannot be written (" in ended.splitlines()[-1]
    assert "Traceback" not in ended


@pytest.fixture
def read_only_clone(tmp_path):
    clone = tmp_path / "clone"
    clone.mkdir()
    copy_workflow(clone)
    if os.getuid():
        for path in (clone, *clone.rglob("*")):
            path.chmod(path.stat().st_mode & ~0o222)
        yield clone
        return
    # Permissions do not stop root; a mount does.
    for options in (["--bind"], ["-o", "remount,ro,bind"]):
        result = subprocess.run(["mount", *options, clone, clone], capture_output=True, text=True, check=False)
        if result.returncode:
            pytest.skip(f"nothing can be mounted here: {result.stderr.strip()}")
    yield clone
    subprocess.run(["umount", "--lazy", clone], check=True)


def test_snakemake_of_an_environment_that_is_not_active_runs_its_jobs_there(folder):
    """The first Python on the path of a login shell is not the one that has the package."""
    environment = environment_in(ROOT) | {"PATH": "/usr/bin:/bin"}
    command = [str(Path(sys.executable).parent / "snakemake"), "-s", str(ROOT / "Snakefile"), "--cores", "1"]
    command += ["--configfile", "away.yaml", "--", LAND]
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_settings_are_whole(folder):
    """An experiment's file holds its section on top of the defaults."""
    names = (
        "results/away/settings/reference_multistep/ensembles.yaml",
        "results/away/settings/features/default/model.yaml",
    )
    run(folder, ROOT / "Snakefile", "--cores", "1", "--configfile", str(folder / "away.yaml"), "--", *names)
    settings, features = (yaml.safe_load((folder / name).read_text()) for name in names)
    assert settings["sampler"]["name"] == "multistep" and settings["sampler"]["members"] == 30
    assert features["sic_threshold"] == 0.15 and "observations" not in features


def test_another_environment_takes_the_package_of_the_clone(folder):
    """A container or a conda environment has a Python of its own, and need not have the package."""
    arguments = (
        "--software-deployment-method",
        "env-modules",
        "--printshellcmds",
        "--configfile",
        "away.yaml",
        "--",
        LAND,
    )
    output = run(folder, ROOT / "Snakefile", "--cores", "1", *arguments)
    assert f"PYTHONPATH={shlex.quote(str(ROOT))} python {shlex.quote(str(ROOT))}/workflow" in output
    assert (folder / LAND).stat().st_size > 0
