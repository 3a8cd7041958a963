"""Make the package of a run: a BagIt bag whose payload is an RO-Crate.

The files of the run are linked, not copied: a package needs no room of its own, and keeps what it holds when the run makes
a file again.
"""

from __future__ import annotations

import csv
import json
import logging
from collections.abc import Sequence
from pathlib import Path

import bagit
import yaml

from superice import __version__
from superice.dataset.publication import DEFAULTS, NOT_STATED, describe_publication
from superice.package.citation import make_cff, make_datacite
from superice.package.contents import list_code, list_files
from superice.package.crate import write_crate
from superice.package.facts import PackageFacts, collect_facts
from superice.package.labels import place_files
from superice.package.pages import list_licenses, render_pages
from superice.package.verify import ALGORITHM, TABLE
from superice.run.configuration import Configuration
from superice.run.paths import RunPaths
from superice.utils.files import atomic_folder


def write_package(run: Configuration, paths: RunPaths, clone: Path, output: Path, processes: int = 1) -> list[str]:
    """Write the package of a run.

    Parameters
    ----------
    run
        The configuration.
    paths
        The files of the run, which must all be there.
    clone
        The folder of the workflow, which goes into the package.
    output
        The folder of the package; it appears when it is complete, in the place of an earlier one.
    processes
        Number of processes that compute digests.

    Returns
    -------
    list of str
        Sentences about what a publisher should know.
    """
    files = [*list_files(paths.package_files(), paths.folder), *list_code(clone)]
    facts = collect_facts(run, paths, files)
    logging.getLogger("bagit").setLevel(logging.WARNING)
    with atomic_folder(output) as temporary:
        labelled = place_files(files, temporary, describe_publication(facts.publication))
        _write_descriptions(facts, temporary)
        write_crate(facts, temporary)
        bagit.make_bag(str(temporary), _describe_bag(facts), processes=processes, checksums=[ALGORITHM])
    return _list_notes(facts, labelled)


def _write_descriptions(facts: PackageFacts, temporary: Path) -> None:
    for name, page in render_pages(facts).items():
        (temporary / name).write_text(page, encoding="utf-8")
    cff = yaml.safe_dump(make_cff(facts), sort_keys=False, allow_unicode=True)
    (temporary / "CITATION.cff").write_text(cff, encoding="utf-8")
    datacite = json.dumps(make_datacite(facts), indent=1, ensure_ascii=False)
    (temporary / "datacite.json").write_text(datacite + "\n", encoding="utf-8")
    rows = list_licenses(facts)
    with (temporary / TABLE).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(row | {"bytes": (temporary / str(row["file"])).stat().st_size} for row in rows)


def _describe_bag(facts: PackageFacts) -> dict[str, str]:
    section = facts.publication
    described = {
        "Source-Organization": section["institution"],
        "Contact-Name": section["creator_name"],
        "Contact-Email": section["creator_email"],
        "External-Description": section["title"],
        "External-Identifier": section.get("doi", NOT_STATED),
    }
    stated = {key: value for key, value in described.items() if value != NOT_STATED}
    return stated | {"Bagging-Date": facts.today.isoformat(), "Bag-Software-Agent": f"SuperIce {__version__}"}


def _list_notes(facts: PackageFacts, labelled: Sequence[str]) -> list[str]:
    notes = []
    missing = [key for key in DEFAULTS if facts.publication[key] == NOT_STATED]
    if missing:
        notes.append(f"publication: {', '.join(missing)} not stated in the configuration")
    if labelled:
        notes.append(f"{len(labelled)} files stated another publisher and were copied, the first {labelled[0]}")
    return notes
