"""A real SLURM on one machine: a controller, a CPU node and a GPU node shaped like LUMI's, with eight GPUs that are none.

It needs the Debian packages in ``PACKAGES`` and no root. By hand: ``python tests/slurm/cluster.py FOLDER`` starts it, says
how to use it and stops it at Ctrl-C.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from getpass import getuser
from pathlib import Path
from typing import TypeVar

import psutil

T = TypeVar("T")

PACKAGES = ("slurmctld", "slurmd", "slurm-client", "munge")
PROGRAMS = ("slurmctld", "slurmd", "sbatch", "srun", "munged")
CPU_NODE, GPU_NODE, GPUS = "nid001000", "nid005026", 8
# Seconds after which a wait is given up: long, as a slow machine is no failure.
PATIENCE = 600
CONFIGURATION = """
ClusterName=tested
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={controller_port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CryptoType=crypto/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=0,sched_interval=1
SlurmdParameters=config_overrides
EnforcePartLimits=ALL
MpiDefault=none
ReturnToService=2
SlurmdTimeout=15
KillWait=5
GresTypes=gpu
NodeName={cpu_node} NodeHostname=localhost NodeAddr=127.0.0.1 Port={cpu_port} CPUs=128 RealMemory=229376
NodeName={gpu_node} NodeHostname=localhost NodeAddr=127.0.0.1 Port={gpu_port} CPUs=56 RealMemory=491520 Gres=gpu:mi250:{gpus}
PartitionName=small Nodes={cpu_node} Default=YES MaxTime=3-00:00:00 DefMemPerCPU=1000
PartitionName=small-g Nodes={gpu_node} MaxTime=3-00:00:00 DefMemPerCPU=1000
"""
# Character devices stand for the GPUs; the flag lets SLURM tell a job its own in ROCR_VISIBLE_DEVICES.
DEVICES = """
AutoDetect=off
NodeName={gpu_node} Name=gpu Type=mi250 File={folder}/gpu[0-{last_gpu}] Flags=amd_gpu_env
"""
# What runs inside a job drops SLURM_CONF before it calls srun; a site has its configuration at the default place.
SRUN = '#!/bin/sh\nSLURM_CONF={folder}/slurm.conf exec {srun} "$@"\n'


def missing_programs() -> list[str]:
    """The programs of SLURM that this machine lacks."""
    return [name for name in PROGRAMS if not _program(name)]


def install() -> str | None:
    """Install the packages where they are missing and that is possible; the reason where it is not."""
    if not missing_programs():
        return None
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return f"SLURM is not installed: apt-get install {' '.join(PACKAGES)}"
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *PACKAGES]):
        result = subprocess.run(
            ["apt-get", "-qq", *command], env=environment, capture_output=True, text=True, check=False
        )
    return f"SLURM could not be installed: {result.stderr.strip()[-300:]}" if missing_programs() else None


class Cluster:
    """The daemons of one cluster, as a context manager; everything of theirs lies in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        # Ports of one cluster follow each other; two clusters at once find different ones.
        controller, cpu, gpu = _free_ports(3)
        values = {
            "folder": self.folder,
            "user": getuser(),
            "controller_port": controller,
            "cpu_port": cpu,
            "gpu_port": gpu,
            "cpu_node": CPU_NODE,
            "gpu_node": GPU_NODE,
            "gpus": GPUS,
            "last_gpu": GPUS - 1,
            "srun": shutil.which("srun"),
        }
        for name in ("state", "bin", f"spool-{CPU_NODE}", f"spool-{GPU_NODE}"):
            (self.folder / name).mkdir(parents=True)
        for number in range(GPUS):
            (self.folder / f"gpu{number}").symlink_to("/dev/null")
        (self.folder / "slurm.conf").write_text(CONFIGURATION.format(**values))
        (self.folder / "gres.conf").write_text(DEVICES.format(**values))
        (self.folder / "bin" / "srun").write_text(SRUN.format(**values))
        (self.folder / "bin" / "srun").chmod(0o755)

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which SLURM's commands, and Snakemake, find this cluster."""
        return os.environ | {
            "SLURM_CONF": str(self.folder / "slurm.conf"),
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        }

    def __enter__(self) -> Cluster:
        key = self.folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(secrets.token_bytes(128))
        files = {"key-file": key.name, "socket": "munge.socket", "pid-file": "munged.pid", "log-file": "munged.log"}
        files["seed-file"] = "munged.seed"
        self._start("munged", "--force", *(f"--{option}={self.folder / name}" for option, name in files.items()))
        self._start("slurmctld")
        for node in (CPU_NODE, GPU_NODE):
            self.start_node(node)
        try:
            wait_until(self._idle, f"SLURM did not come up (its logs: {self.folder}/*.log)")
        except TimeoutError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the jobs, then the daemons."""
        self.cancel_all()
        _stop(*(self._daemon(path.stem) for path in self.folder.glob("*.pid")))

    def command(self, *arguments: str, check: bool = True) -> str:
        """What one of SLURM's commands prints."""
        result = subprocess.run(arguments, env=self.environment, capture_output=True, text=True, check=check)
        return result.stdout

    def cancel_all(self) -> None:
        """Cancel every job."""
        self.command("scancel", "--user", getuser(), check=False)

    def start_node(self, name: str) -> None:
        """Start the daemon of a node."""
        self._start("slurmd", "-N", name)

    def lose_node(self, name: str) -> None:
        """Kill the daemon of a node and all that runs there, as a crash does; ``start_node`` brings it back."""
        running = [job["JobId"] for job in self.jobs() if job["JobState"] == "RUNNING" and job["NodeList"] == name]
        titles = tuple(f"slurmstepd: [{job}." for job in running)
        steps = [process for process in psutil.process_iter() if _title(process).startswith(titles)]
        work = [child for step in steps for child in step.children(recursive=True)]
        _stop(self._daemon(f"slurmd-{name}"), *steps, *work, how=signal.SIGKILL)

    def jobs(self) -> list[dict[str, str]]:
        """The jobs that the cluster knows, those that ended too, with SLURM's names of their properties."""
        blocks = self.command("scontrol", "--details", "show", "job").strip().split("\n\n")
        return [dict(re.findall(r"(\w+)=(\S*)", block)) for block in blocks if block.startswith("JobId")]

    def gpus_in_use(self) -> set[str]:
        """The numbers of the GPUs that running jobs hold."""
        return {match[1] for job in self.jobs() if (match := re.search(r"IDX:([\d,-]+)", job.get("GRES", "")))}

    def _idle(self) -> bool:
        return set(self.command("sinfo", "-h", "-N", "-o", "%T", check=False).split()) == {"idle"}

    def _daemon(self, name: str) -> psutil.Process:
        return psutil.Process(int((self.folder / f"{name}.pid").read_text()))

    def _start(self, program: str, *arguments: str) -> None:
        subprocess.run([_program(program), *arguments], env=self.environment, capture_output=True, check=True)


def wait_until(condition: Callable[[], T], otherwise: str) -> T:
    """What the condition gives once it holds; TimeoutError, with the sentence ``otherwise``, where it never does."""
    until = time.monotonic() + PATIENCE
    while not (found := condition()):
        if time.monotonic() > until:
            raise TimeoutError(f"{otherwise} after {PATIENCE} s")
        time.sleep(0.2)
    return found


def _program(name: str) -> str | None:
    """The path of a program; daemons lie where ordinary users do not look."""
    return shutil.which(name, path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin{os.pathsep}/sbin")


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [server.getsockname()[1] for server in sockets]
    for server in sockets:
        server.close()
    return ports


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def _stop(*processes: psutil.Process, how: int = signal.SIGTERM) -> None:
    """End processes and wait until they are gone."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(how)
    for _ in range(100):
        if not any(map(_alive, processes)):
            return
        time.sleep(0.05)
    _stop(*filter(_alive, processes), how=signal.SIGKILL)


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def main() -> None:
    if reason := install():
        sys.exit(reason)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit())
    folder = Path(sys.argv[1])
    with Cluster(folder) as cluster:
        print(
            f"export SLURM_CONF={cluster.environment['SLURM_CONF']} PATH={folder.resolve() / 'bin'}:$PATH", flush=True
        )
        signal.pause()


if __name__ == "__main__":
    main()
