"""What the profiles say fits the workflow's rules, and works from any folder."""

import os
import subprocess

import pytest
import yaml
from snakemake.api import SnakemakeApi
from snakemake.settings.types import ConfigSettings, OutputSettings, ResourceSettings
from workflow_copy import ROOT

PROFILES = {path.parent.name: yaml.safe_load(path.read_text()) for path in ROOT.glob("profiles/*/profile.yaml")}
CLUSTERS = ("slurm", "slurm-nvidia")


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    """The rules of the demo, with those of the forced synthetic Arctic, by their names."""
    settings = ConfigSettings(configfiles=[ROOT / "config/demo.yaml"])
    with SnakemakeApi(OutputSettings()) as api:
        workflow = api.workflow(
            resource_settings=ResourceSettings(cores=1),
            config_settings=settings,
            snakefile=ROOT / "Snakefile",
            workdir=tmp_path_factory.mktemp("folder"),
        )
        return {rule.name: rule for rule in workflow._workflow.rules}


@pytest.mark.parametrize("name", PROFILES)
def test_every_rule_that_a_profile_names_exists(rules, name):
    profile = PROFILES[name]
    grouped = {entry.split("=")[0] for entry in profile.get("groups", [])}
    named = profile.get("set-resources", {}).keys() | profile.get("set-threads", {}).keys() | grouped
    assert named, "the profile names no rule"
    assert named <= rules.keys()


def test_every_group_has_a_size():
    groups = {entry.split("=")[1] for entry in PROFILES["slurm"]["groups"]}
    assert groups == {entry.split("=")[0] for entry in PROFILES["slurm"]["group-components"]}


@pytest.mark.parametrize("name", CLUSTERS)
def test_rules_on_a_gpu_go_to_the_partition_with_gpus_and_no_others(rules, name):
    profile = PROFILES[name]
    resources = profile["set-resources"]
    with_gpus = resources["train"]["slurm_partition"]
    assert with_gpus != profile["default-resources"]["slurm_partition"]
    sent = {rule for rule, values in resources.items() if values.get("slurm_partition") == with_gpus}
    assert sent == {rule.name for rule in rules.values() if "gpu" in rule.resources}


def test_another_site_repeats_what_it_replaces():
    """Of two profiles the later one's ``set-resources`` and ``default-resources`` replace the earlier one's whole."""
    one, other = (PROFILES[name] for name in CLUSTERS)
    for section in ("set-resources", "default-resources"):
        assert one[section].keys() == other[section].keys()


def test_caches_lie_on_the_node(tmp_path):
    """The command reaches the node's shell in double quotes, through the shell that submits a job."""
    command = PROFILES["slurm"]["precommand"].replace('"', '\\"')
    script = f'export TMPDIR="$0/login"; echo "{command} && env" | TMPDIR="$0/node" sh'
    result = subprocess.run(
        ["sh", "-c", script, str(tmp_path)], env=os.environ, stdout=subprocess.PIPE, text=True, check=True
    )
    for variable in ("MIOPEN_USER_DB_PATH", "XDG_CACHE_HOME", "TRITON_CACHE_DIR"):
        (path,) = [line.split("=")[1] for line in result.stdout.splitlines() if line.startswith(f"{variable}=")]
        assert path.startswith(f"{tmp_path}/node/superice-caches-")
    assert [path.name for path in tmp_path.iterdir()] == ["node"]
