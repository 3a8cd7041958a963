"""A folder of a run on the cluster, and Snakemake in it."""

import subprocess
import sys
from pathlib import Path

from workflow_copy import environment_in

SNAKEMAKE = Path(__file__).with_name("impatient_snakemake.py")


class Checkout:
    """A folder of a run, and Snakemake for it: on this machine, or with the profile of the cluster.

    The workflow is the copy in the folder itself, where Snakemake is started, or the one in ``clone``, whose Snakefile and
    profile are named from a third folder.
    """

    def __init__(self, folder, environment, clone=None):
        self.folder, self.results, self.controllers = folder, folder / "results" / "small", []
        self.environment = environment_in(clone or folder, environment)
        self.started_in, self.profile, self.options = folder, "profiles/slurm", []
        if clone:
            self.started_in, self.profile = folder.parent, f"{clone}/profiles/slurm"
            self.options = ["-s", f"{clone}/Snakefile", "--directory", str(folder)]

    def start(self, *options, targets, profile="slurm"):
        """Start a controller; it goes on beside the test."""
        where = ["--cores", "2"]
        if profile == "slurm":
            # As a site would, but with no waiting for a slow file system.
            where = ["--profile", self.profile, "--latency-wait", "5"]
        # A shell that runs the tests in the background has them, and all that they start, ignore Ctrl-C.
        command = ["env", "--default-signal=INT", sys.executable, str(SNAKEMAKE), *where, *self.options, *options]
        command += ["--configfile", str(self.folder / "small.yaml"), "--", *targets]
        # A file, as a pipe that nobody reads stops a controller that shows the long log of a failed job.
        said = self.folder / f"controller{len(self.controllers)}.log"
        with said.open("w") as output:
            controller = subprocess.Popen(
                command,
                cwd=self.started_in,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        controller.said = said
        self.controllers.append(controller)
        return controller

    def run(self, *options, targets, profile="slurm", status=0):
        """What a controller says, from its start to its end with the status."""
        return ended(self.start(*options, targets=targets, profile=profile), status)


def ended(controller, status=0):
    """What a started controller says until it ends with the status."""
    controller.wait(timeout=600)
    output = controller.said.read_text()
    assert controller.returncode == status, output[-4000:]
    return output
