"""Snakemake, with a controller that looks at the queue every second.

The plugin waits ten seconds longer after each look that finds no job ended, most of the time of these tests.
"""

import sys

from snakemake.cli import main
from snakemake_executor_plugin_slurm import Executor

Executor.next_seconds_between_status_checks = property(lambda self: 1, lambda self, seconds: None)

if __name__ == "__main__":
    sys.exit(main())
