"""The workflow on a real SLURM: what is sent, that it gives what this machine gives, and that no failure loses anything."""

import re
import shutil
import signal
import subprocess
from contextlib import suppress

import cluster as slurm
import netCDF4
import numpy as np
import psutil
import pytest
from checkouts import Checkout, ended
from cluster import wait_until
from safetensors.numpy import load_file

TRAINED = "results/small/training/preconditioned/seed0/model.safetensors"
DAYS = ("20201217", "20210116")

pytestmark = pytest.mark.cluster


def submitted(output):
    """SLURM's numbers of the jobs that a controller sent."""
    return re.findall(r"submitted with SLURM jobid (\d+)", output)


def members(path):
    with netCDF4.Dataset(path) as file:
        return file["sit_ai"][:].filled(np.nan)


def equal_members(one, other):
    return np.array_equal(members(one), members(other), equal_nan=True)


def equal_weights(one, other):
    one, other = load_file(one), load_file(other)
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


def epochs_of(checkout):
    """The epochs that the training of the tests has behind it, by its log."""
    log = checkout.results / "logs/train/preconditioned_seed0.log"
    found = re.findall(r"\b(\d+)/\d+ ", log.read_text()) if log.exists() else []
    return int(found[-1]) if found else 0


def start_training(checkout):
    """Start a controller with one training, and wait until this is in its second epoch."""
    controller = checkout.start(targets=[TRAINED])
    wait_until(lambda: epochs_of(checkout) >= 1, "the training made no epoch")
    return controller


def log_of_training(checkout):
    return (checkout.results / "logs/train/preconditioned_seed0.log").read_text()


def caches_of_trainings(checkout):
    """The folders in which the running trainings of a run keep what MIOpen compiles."""
    caches = set()
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess):
            if f"{checkout.folder}/workflow/scripts/train.py" in " ".join(process.cmdline()):
                caches.add(process.environ()["MIOPEN_USER_DB_PATH"])
    return caches


def change(checkout, text, other):
    """Write another text into the configuration of a run."""
    configuration = checkout.folder / "small.yaml"
    configuration.write_text(configuration.read_text().replace(text, other))


def make_long(checkout):
    """Give the training more epochs than a test waits for."""
    change(checkout, "epochs: 8", "epochs: 5000")


def running(cluster):
    return [job["JobId"] for job in cluster.jobs() if job["JobState"] in ("RUNNING", "PENDING")]


def running_limits(cluster):
    """The time limits of the jobs that run."""
    return {job["TimeLimit"] for job in cluster.jobs() if job["JobState"] == "RUNNING"}


def states(cluster):
    """The states of all jobs that the cluster still knows."""
    return {job["JobState"] for job in cluster.jobs()}


class TestWork:
    def test_seeds_train_at_once_on_gpus_of_their_own(self, cluster, checkout, made_here):
        weights = [f"results/small/training/preconditioned/seed{seed}/model.safetensors" for seed in range(3)]
        controller = checkout.start(targets=weights)
        wait_until(lambda: len(cluster.gpus_in_use()) == 3, "three GPUs were not in use at once")
        caches = wait_until(lambda: caches_of_trainings(checkout), "no training was running")
        assert all("/superice-caches-" in path for path in caches)
        output = ended(controller)
        sent = [job for job in cluster.jobs() if job["JobId"] in submitted(output)]
        assert len(sent) == 3
        for job in sent:
            assert job["Partition"] == "small-g" and job["JOB_GRES"] == "gpu:mi250:1"
            assert job["NumCPUs"] == "7" and job["TRES"].startswith("cpu=7,mem=60200M")
        assert all(equal_weights(checkout.folder / path, made_here.folder / path) for path in weights)

    def test_a_shared_training_holds_a_gpu_for_each_process(self, cluster, checkout):
        change(checkout, "devices: 1", "devices: 2")
        output = checkout.run(targets=[TRAINED])
        job = next(job for job in cluster.jobs() if job["JobId"] in submitted(output))
        assert job["JOB_GRES"] == "gpu:mi250:2" and job["NumCPUs"] == "14" and job["NumNodes"] == "1"
        assert (checkout.folder / TRAINED).exists()

    def test_the_dates_of_a_group_are_one_job(self, checkout, made_here):
        shutil.copytree(made_here.results / "training", checkout.results / "training", dirs_exist_ok=True)
        paths = [f"results/small/model/predictions/sit_hrai_{day}.nc" for day in DAYS]
        assert len(submitted(checkout.run(targets=paths))) == 1
        for path in paths:
            assert equal_members(checkout.folder / path, made_here.folder / path)

    def test_a_date_alone_is_one_job_from_another_folder_than_the_clones(self, checkout, made_here, tmp_path):
        folder = tmp_path / "another folder"
        shutil.copytree(made_here.results, folder / "results/small")
        for name in ("small.yaml", "areas.yaml"):
            shutil.copy(made_here.folder / name, folder)
        path = f"results/small/model/predictions/sit_hrai_{DAYS[1]}.nc"
        (folder / path).unlink()
        output = Checkout(folder, checkout.environment, clone=checkout.folder).run(targets=[path])
        assert len(submitted(output)) == 1 and output.count("Finished jobid") == 1
        assert equal_members(folder / path, made_here.folder / path)


class TestFailures:
    def test_a_cancelled_training_is_sent_again_and_ends_with_the_same_weights(self, cluster, checkout, made_here):
        controller = start_training(checkout)
        cluster.cancel_all()
        output = ended(controller)
        assert "CANCELLED" in output and len(submitted(output)) == 2
        assert " 0/8 " not in log_of_training(checkout)
        assert equal_weights(checkout.folder / TRAINED, made_here.folder / TRAINED)

    def test_a_job_killed_for_memory_leaves_nothing_and_is_made_later(self, checkout):
        little = ("--set-resources", "train:slurm_partition=small-g", "train:mem_mb_per_cpu=30", "--retries", "0")
        checkout.run(*little, targets=[TRAINED], status=1)
        logs = "".join(path.read_text() for path in checkout.folder.glob(".snakemake/slurm_logs/**/*.log"))
        assert "exceeded memory limit" in logs
        assert not (checkout.folder / TRAINED).exists()
        assert re.search(r"^train +1$", checkout.run("--dry-run", targets=[TRAINED]), re.MULTILINE)

    def test_a_job_over_its_time_is_sent_again_with_more(self, cluster, checkout):
        """SLURM's shortest time is a minute, and it looks about every half minute."""
        make_long(checkout)
        short = (
            "--set-resources",
            "train:slurm_partition=small-g",
            "train:mem_mb_per_cpu=8600",
            "train:runtime=attempt",
        )
        checkout.start(*short, targets=[TRAINED])
        wait_until(lambda: "TIMEOUT" in states(cluster), "no job was over its time")
        wait_until(lambda: {"00:02:00", "00:03:00"} & running_limits(cluster), "it was not sent again with more")
        before = epochs_of(checkout)
        wait_until(lambda: epochs_of(checkout) > before, "it did not go on")

    def test_a_job_whose_node_is_lost_is_sent_again(self, cluster, checkout, made_here):
        controller = start_training(checkout)
        cluster.lose_node(slurm.GPU_NODE)
        wait_until(lambda: "NODE_FAIL" in states(cluster), "SLURM did not miss the node")
        cluster.start_node(slurm.GPU_NODE)
        assert len(submitted(ended(controller))) == 2
        assert equal_weights(checkout.folder / TRAINED, made_here.folder / TRAINED)

    def test_a_full_disk_leaves_nothing_half_written(self, checkout, made_here, small_disk):
        folder = small_disk(checkout.results / "training", "48k")
        checkout.run("--retries", "0", targets=[TRAINED], status=1)
        assert "No space left on device" in log_of_training(checkout)
        assert not [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size]
        subprocess.run(["mount", "-o", "remount,size=64m", folder], check=True)
        checkout.run(targets=[TRAINED])
        assert equal_weights(checkout.folder / TRAINED, made_here.folder / TRAINED)

    def test_an_interrupted_controller_cancels_its_jobs(self, cluster, checkout, made_here):
        controller = start_training(checkout)
        controller.send_signal(signal.SIGINT)
        ended(controller, 1)
        wait_until(lambda: not running(cluster), "a job was left")
        checkout.run(targets=[TRAINED])
        assert " 0/8 " not in log_of_training(checkout)
        assert equal_weights(checkout.folder / TRAINED, made_here.folder / TRAINED)

    def test_a_terminated_controller_waits_for_its_jobs(self, cluster, checkout, made_here):
        controller = start_training(checkout)
        controller.terminate()
        ended(controller, 1)
        assert not running(cluster)
        assert equal_weights(checkout.folder / TRAINED, made_here.folder / TRAINED)

    def test_one_controller_at_a_time(self, checkout):
        make_long(checkout)
        start_training(checkout)
        assert "Directory cannot be locked" in checkout.run(targets=[TRAINED], status=1)

    def test_a_killed_controller_is_started_again(self, cluster, checkout, made_here):
        controller = start_training(checkout)
        controller.kill()
        ended(controller, -signal.SIGKILL)
        assert running(cluster), "the job goes on without its controller"
        cluster.cancel_all()
        wait_until(lambda: not running(cluster), "a cancelled job was left")
        checkout.run("--unlock", targets=[TRAINED])
        checkout.run(targets=[TRAINED])
        assert equal_weights(checkout.folder / TRAINED, made_here.folder / TRAINED)
