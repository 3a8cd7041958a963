"""Downloads of the drift of one day, for the tests of the ways of access."""

from datetime import date
from pathlib import Path

from superice.download import base
from superice.download.fetch import Download, fetch
from superice.readers import osisaf_drift

DAY = date(2022, 4, 12)
WEEK = "W_XX-ESA,SMOS_CS2,NH_25KM_EASE2_20220409_20220415_{}_l4sit.nc"


def fetch_drift(folder: Path, *addresses: str) -> Download:
    """Fetch the drift of the day."""
    return fetch(osisaf_drift, DAY, folder, addresses)


def has_arrived_whole(folder: Path, drift: tuple[str, bytes]) -> bool:
    """Return whether the file lies in its month as the provider has it, and nothing beside it."""
    name, content = drift
    month = folder / "2022" / "04"
    return [path.name for path in month.iterdir()] == [name] and (month / name).read_bytes() == content


def count_half(drift: tuple[str, bytes]) -> int:
    """Return the bytes that half a transfer leaves: the blocks that arrived whole."""
    return len(drift[1]) // 2 // base.BLOCK_BYTES * base.BLOCK_BYTES
