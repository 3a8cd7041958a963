"""The RO-Crate of a package: files, the workflow that made them, the run, and who provided the inputs.

Profiles: RO-Crate 1.1, Workflow RO-Crate 1.0, Workflow Run Crate 0.5 (Process Run Crate 0.5).
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from superice import __version__
from superice.dataset.publication import NOT_STATED
from superice.package.citation import SPDX
from superice.package.facts import PackageFacts

PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
VERSION = "1.1"  # of RO-Crate, on which the profiles rest
BIOSCHEMAS = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
MIT = f"{SPDX}MIT"
MAIN_WORKFLOW = "workflow/Snakefile"
SETTINGS = "settings/configuration.yaml"


def write_crate(facts: PackageFacts, folder: Path) -> None:
    """Write ``ro-crate-metadata.json`` into the folder of a package, whose files and pages are there.

    Files of one kind are described as one folder, whose files ``files.csv`` lists.
    """
    crate = ROCrate(version=VERSION)
    section = facts.publication
    crate.name, crate.description = section["title"], facts.abstract
    crate.datePublished = datetime(facts.today.year, facts.today.month, facts.today.day, tzinfo=UTC)
    creator = _add_agent(crate, section, "creator")
    crate.license = _add_license(crate, section["license"])
    root = crate.root_dataset
    root["author"], root["publisher"] = creator, _add_agent(crate, section, "publisher")
    root["version"] = section["version"]
    root["conformsTo"] = [
        _add(crate, profile, "CreativeWork", name=name, version=_version(profile)) for profile, name in PROFILES.items()
    ]
    if "doi" in section:
        root["identifier"] = f"https://doi.org/{section['doi']}"
    parts = [_add_folder(crate, folder, *kind) for kind in facts.count_kinds() if kind[0] != "workflow"]
    pages = [path for path in sorted(folder.iterdir()) if path.is_file()]
    parts += [crate.add_file(path, path.name, properties=_describe(path)) for path in pages]
    settings = crate.add_file(folder / SETTINGS, SETTINGS, properties=_describe(folder / SETTINGS))
    inputs = [_add_provider(crate, number, provider) for number, provider in enumerate(facts.providers)]
    workflow = _add_workflow(crate, folder)
    run = _add(
        crate,
        "#run",
        "CreateAction",
        name=f"run {facts.run.name} of SuperIce {__version__}",
        description=f"snakemake with {SETTINGS}; the times are those of its first and its last file.",
        startTime=_tell_time(min(facts.times)),
        endTime=_tell_time(max(facts.times)),
        actionStatus="http://schema.org/CompletedActionStatus",
    )
    run["instrument"], run["agent"] = workflow, creator
    run["object"], run["result"] = [settings, *inputs], parts
    root["mentions"] = run
    crate.get("README.md")["about"] = root
    crate.metadata.write(folder)


def _add(crate: ROCrate, identifier: str, kind: str | list[str], **properties: Any) -> ContextEntity:
    return crate.add(ContextEntity(crate, identifier, properties={"@type": kind, **properties}))


def _add_agent(crate: ROCrate, section: Any, role: str) -> ContextEntity:
    """Add the creator or the publisher; one that is not stated otherwise is the creator."""
    tell = lambda key: section.get(f"{role}_{key}", section[f"creator_{key}"])
    url, is_person = tell("url"), tell("type") == "person"
    identifier = url if url != NOT_STATED else f"#{role}"
    properties = {"name": tell("name")}
    if tell("email") != NOT_STATED:
        properties["email"] = tell("email")
    if url != NOT_STATED:
        properties["url"] = url
    agent = _add(crate, identifier, "Person" if is_person else "Organization", **properties)
    if is_person and section["institution"] != NOT_STATED:
        agent["affiliation"] = _add(crate, "#institution", "Organization", name=section["institution"])
    return agent


def _add_license(crate: ROCrate, license_: str) -> ContextEntity:
    identifier = license_ if "://" in license_ else f"{SPDX}{license_}"
    return _add(crate, identifier, "CreativeWork", name=license_, description=f"licence {license_}")


def _version(profile: str) -> str:
    return profile.rsplit("/", 1)[-1]


def _add_folder(crate: ROCrate, folder: Path, name: str, count: int, size: int, text: str) -> Any:
    properties = {"name": f"{name}: {count} files", "description": text, "contentSize": str(size)}
    return crate.add_directory(folder / name, name, properties=properties)


def _describe(path: Path) -> dict[str, str]:
    formats = {".csv": "text/csv", ".md": "text/markdown", ".json": "application/json", ".html": "text/html"}
    formats |= {".yaml": "application/yaml", ".cff": "application/yaml", ".nc": "application/netcdf"}
    return {
        "name": path.name,
        "encodingFormat": formats.get(path.suffix, "application/octet-stream"),
        "contentSize": str(path.stat().st_size),
    }


def _add_provider(crate: ROCrate, number: int, provider: Any) -> ContextEntity:
    identifier = provider.url if provider.url != NOT_STATED else f"#input-{number}"
    described = {"name": provider.name, "description": provider.citation, "creditText": provider.acknowledgement}
    return _add(crate, identifier, "CreativeWork", **described)


def _add_workflow(crate: ROCrate, folder: Path) -> Any:
    bioschemas = _add(crate, BIOSCHEMAS, "CreativeWork", name="Bioschemas ComputationalWorkflow")
    properties = {
        "name": "SuperIce",
        "version": __version__,
        "encodingFormat": "text/plain",
        "license": {"@id": MIT},
        "conformsTo": {"@id": bioschemas.id},
    }
    workflow = crate.add_workflow(
        folder / MAIN_WORKFLOW, MAIN_WORKFLOW, main=True, lang="snakemake", properties=properties
    )
    _add(crate, MIT, "CreativeWork", name="MIT", description="licence MIT")
    return workflow


def _tell_time(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).isoformat()
