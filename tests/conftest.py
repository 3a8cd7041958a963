"""What tests of all kinds share."""

import subprocess

import pytest


@pytest.fixture
def small_disk():
    """Mount a small disk, kept in memory: ``small_disk(folder, size)``; it needs root, else the test is skipped."""
    mounted = []

    def mount(folder, size):
        folder.mkdir(parents=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            pytest.skip(f"no small disk can be mounted here: {result.stderr.strip()}")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        # Libraries may still hold files there that they could not write.
        subprocess.run(["umount", "--lazy", folder], check=True)
