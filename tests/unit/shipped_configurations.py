"""Read the configurations that are shipped."""

from pathlib import Path

import yaml

from superice.run.merging import merge_configurations, read_includes

CONFIG = Path(__file__).parents[2] / "config"


def load(*names):
    """Return config.yaml with shipped files of these names on top, and all that they include."""
    contents = [yaml.safe_load((CONFIG / f"{name}.yaml").read_text()) for name in ("config", *names)]
    return read_includes(merge_configurations(*contents), CONFIG)
