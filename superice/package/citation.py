"""How to cite a data set: CITATION.cff for people and GitHub, DataCite JSON for archives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from superice import __version__
from superice.dataset.publication import KEYWORDS, NOT_STATED, Extent
from superice.package.facts import PackageFacts
from superice.run.providers import Provider

UNKNOWN = ":unas"  # DataCite's word for a value that was not given
SPDX = "https://spdx.org/licenses/"
DATASET = "10.11582/2024.00175"  # the published data set, whose layout the files have


def make_cff(facts: PackageFacts) -> dict[str, Any]:
    """Return the content of CITATION.cff, version 1.2.0."""
    section = facts.publication
    entity = {"name": section["creator_name"]}
    if section["creator_url"] != NOT_STATED:
        entity["website"] = section["creator_url"]
    content: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": "If you use this data set, please cite it, and the providers of its inputs.",
        "type": "dataset",
        "title": section["title"],
        "version": section["version"],
        "date-released": facts.today,
        "authors": [entity],
        "keywords": [word.split(" > ")[-1].lower() for word in KEYWORDS],
        "license" if _is_identifier(section["license"]) else "license-url": section["license"],
    }
    if "doi" in section:
        content["doi"] = section["doi"]
    content["references"] = [
        {"type": "data", "title": provider.name, "authors": [{"name": provider.provider}], "notes": provider.citation}
        for provider in facts.providers
    ]
    return content


def _is_identifier(license_: str) -> bool:
    """Return whether a licence is named by an identifier of SPDX, not by an address."""
    return "://" not in license_


def make_datacite(facts: PackageFacts) -> dict[str, Any]:
    """Return the metadata of the data set in DataCite's JSON, version 4.5."""
    section = facts.publication
    content: dict[str, Any] = {
        "schemaVersion": "http://datacite.org/schema/kernel-4",
        "types": {"resourceTypeGeneral": "Dataset", "resourceType": "Ensembles of gridded fields"},
        "creators": [_describe_creator(section)],
        "titles": [{"title": section["title"]}],
        "publisher": {"name": _tell(section.get("publisher_name", section["creator_name"]))},
        "publicationYear": str(facts.today.year),
        "dates": [{"date": facts.today.isoformat(), "dateType": "Created"}, *_list_periods(facts)],
        "language": "en",
        "subjects": [{"subject": word} for word in KEYWORDS],
        "version": section["version"],
        "rightsList": [_describe_rights(section["license"])],
        "descriptions": [
            {"description": facts.abstract, "descriptionType": "Abstract"},
            {"description": section["acknowledgement"], "descriptionType": "Other"},
        ],
        "geoLocations": [_describe_place(facts)],
        "formats": ["application/netcdf", "application/zip", "application/vnd+zarr", "text/csv"],
        "sizes": [f"{facts.count_bytes()} bytes", f"{len(facts.sizes)} files"],
        "relatedIdentifiers": [_relate(DATASET, "IsVariantFormOf"), *_list_sources(facts.providers)],
        "contributors": [{"name": f"SuperIce {__version__}", "contributorType": "Other", "nameType": "Organizational"}],
    }
    if "doi" in section:
        content["doi"] = section["doi"]
    return content


def _describe_place(facts: PackageFacts) -> dict[str, Any]:
    longitude, latitude = facts.target.lonlat()
    place = Extent.around(latitude, longitude)
    box = {
        "westBoundLongitude": place.west,
        "eastBoundLongitude": place.east,
        "southBoundLatitude": place.south,
        "northBoundLatitude": place.north,
    }
    return {"geoLocationPlace": f"Arctic, grid {facts.grid}", "geoLocationBox": box}


def _describe_creator(section: Mapping[str, str]) -> dict[str, Any]:
    is_person = section["creator_type"] == "person"
    creator: dict[str, Any] = {
        "name": _tell(section["creator_name"]),
        "nameType": "Personal" if is_person else "Organizational",
    }
    if section["institution"] != NOT_STATED:
        creator["affiliation"] = [{"name": section["institution"]}]
    return creator


def _tell(value: str) -> str:
    return UNKNOWN if value == NOT_STATED else value


def _describe_rights(license_: str) -> dict[str, str]:
    if not _is_identifier(license_):
        return {"rights": license_, "rightsUri": license_}
    return {
        "rights": license_,
        "rightsUri": f"{SPDX}{license_}.html",
        "rightsIdentifier": license_,
        "rightsIdentifierScheme": "SPDX",
        "schemeUri": SPDX,
    }


def _list_periods(facts: PackageFacts) -> list[dict[str, str]]:
    return [
        {"date": f"{first}/{last}", "dateType": "Other", "dateInformation": f"days of the branch {branch}"}
        for branch, (first, last) in facts.periods.items()
    ]


def _list_sources(providers: Sequence[Provider]) -> list[dict[str, str]]:
    found = [provider.url.partition("doi.org/")[2] for provider in providers]
    return [_relate(doi, "IsDerivedFrom") for doi in dict.fromkeys(found) if doi]


def _relate(doi: str, how: str) -> dict[str, str]:
    return {"relatedIdentifier": doi, "relatedIdentifierType": "DOI", "relationType": how}


def format_citation(facts: PackageFacts) -> str:
    """Return the citation as a sentence."""
    section = facts.publication
    doi = f", https://doi.org/{section['doi']}" if "doi" in section else ""
    creator = "Creator not stated" if section["creator_name"] == NOT_STATED else section["creator_name"]
    return f"{creator} ({facts.today.year}): {section['title']}, version {section['version']}{doi}."
