"""Get one product's file for one date from its provider, or keep the one that is there.

Addresses are tried in their order; each is a base below which the provider keeps YYYY/MM/:
  https://host/path            an index page, or .../thredds/fileServer/... of a THREDDS server
  ftp://host/path              also ftps://
  copernicusmarine:dataset-id  through the client of that name
User names and passwords come from ~/.netrc, or from what `copernicusmarine login` keeps.

A date that no provider has is recorded as missing. A provider that cannot be reached ends the command with
status 1 and without a record: what has arrived of a file stays and is continued the next time.
"""

from __future__ import annotations

import hashlib
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from superice.errors import MissingInput
from superice.utils.command_line import make_parser, parse_day, run_command
from superice.utils.files import write_json

if TYPE_CHECKING:
    from superice.download.fetch import Download


def describe_file(download: Download) -> dict:
    """Return the record of a file."""
    with download.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "file": str(download.path),
        "url": download.url,
        "bytes": download.path.stat().st_size,
        "sha256": digest,
        "looked_for": format_time() if download.url else "already there",
        "problems": [],
    }


def describe_missing(error: MissingInput) -> dict:
    """Return the record of a date that no provider has."""
    nothing = dict.fromkeys(("file", "url", "bytes", "sha256"))
    return nothing | {"looked_for": format_time(), "problems": [error.as_record()]}


def format_time() -> str:
    """Return the time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument(
        "--product", choices=("cs2smos", "concentration", "drift", "cmems"), required=True, help="which product"
    )
    parser.add_argument("--date", type=parse_day, required=True, help="YYYY-MM-DD")
    parser.add_argument("--folder", type=Path, required=True, help="where files are kept; a new one under YYYY/MM/")
    parser.add_argument("--addresses", nargs="+", required=True, metavar="ADDRESS", help="the providers, first to last")
    parser.add_argument("--record", type=Path, required=True, help="what was found, and where: JSON")
    args = parser.parse_args()

    from superice.download.fetch import fetch
    from superice.readers import cs2smos, nextsim_cmems, osisaf_concentration, osisaf_drift

    products = {
        "cs2smos": cs2smos,
        "concentration": osisaf_concentration,
        "drift": osisaf_drift,
        "cmems": nextsim_cmems,
    }
    try:
        content = describe_file(fetch(products[args.product], args.date, args.folder, args.addresses))
    except MissingInput as error:
        print(f"warning: {error}", file=sys.stderr)
        content = describe_missing(error)
    write_json(args.record, {"product": args.product, "date": args.date.isoformat()} | content)


if __name__ == "__main__":
    run_command(main)
