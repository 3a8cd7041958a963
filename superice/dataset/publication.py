"""Who publishes a data set, and what each of its files says of itself: the one place of the ACDD attributes.

Attribute Convention for Data Discovery 1.3. Who publishes stands in the section ``publication`` of the configuration, and
comes to the jobs that write files as ``settings/publication.yaml``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from superice import __version__
from superice.utils.provenance import describe_origin

NOT_STATED = "not stated"
# What the section says by default. A name or an address that was not given is written as `not stated`.
DEFAULTS = {
    "title": "SuperIce ensembles of Arctic sea ice thickness",
    "version": "1",
    "license": "CC-BY-4.0",
    "creator_name": NOT_STATED,
    "creator_type": "group",
    "creator_email": NOT_STATED,
    "creator_url": NOT_STATED,
    "institution": NOT_STATED,
    "project": "SuperIce",
    "naming_authority": NOT_STATED,
}
PUBLISHER = ("name", "type", "email", "url")  # of the creator, where no other publisher is stated
SEA_LEVEL_M = 0.0
SEA_LEVEL = {
    "geospatial_vertical_min": SEA_LEVEL_M,
    "geospatial_vertical_max": SEA_LEVEL_M,
    "geospatial_vertical_units": "m",
    "geospatial_vertical_positive": "up",
    "geospatial_bounds_vertical_crs": "EPSG:5714",  # height above mean sea level
}
KEYWORDS = (
    "EARTH SCIENCE > CRYOSPHERE > SEA ICE > ICE DEPTH/THICKNESS",
    "EARTH SCIENCE > CRYOSPHERE > SEA ICE > LEADS",
    "GEOGRAPHIC REGION > ARCTIC",
    "ensemble",
    "super-resolution",
)


class Extent(NamedTuple):
    """The place of a file's values, in degrees."""

    south: float
    north: float
    west: float
    east: float

    @classmethod
    def around(cls, latitude: ArrayLike, longitude: ArrayLike) -> Extent:
        """Return the extent of positions; of none it is the Arctic."""
        if not np.size(latitude):
            return cls(60.0, 90.0, -180.0, 180.0)
        numbers = (np.min(latitude), np.max(latitude), np.min(longitude), np.max(longitude))
        return cls(*map(float, numbers))

    def as_attributes(self) -> dict[str, object]:
        """Return the attributes of the extent; the bounds are a polygon with the latitude first, as in EPSG:4326."""
        corners = [(self.south, self.west), (self.north, self.west), (self.north, self.east), (self.south, self.east)]
        ring = ", ".join(f"{latitude:.4f} {longitude:.4f}" for latitude, longitude in [*corners, corners[0]])
        return {
            "geospatial_lat_min": self.south,
            "geospatial_lat_max": self.north,
            "geospatial_lat_units": "degrees_north",
            "geospatial_lon_min": self.west,
            "geospatial_lon_max": self.east,
            "geospatial_lon_units": "degrees_east",
            "geospatial_bounds": f"POLYGON (({ring}))",
            "geospatial_bounds_crs": "EPSG:4326",
        }


def describe_file(
    title: str,
    summary: str,
    extent: Extent,
    first: date | None = None,
    last: date | None = None,
    details: Mapping[str, str | float] | None = None,
) -> dict[str, object]:
    """Return the attributes of a file.

    Parameters
    ----------
    title, summary
        What the file is, in a few words and in a sentence.
    extent
        The place of its values.
    first, last
        Its first and its last day; None for what does not change.
    details
        Further attributes, which take precedence: what made the file, and who publishes it (`describe_publication`).
    """
    stated = describe_publication({}) | dict(details or {})
    return {
        "Conventions": "CF-1.8, ACDD-1.3",
        "title": title,
        "summary": summary,
        "keywords": ", ".join(KEYWORDS),
        "keywords_vocabulary": "GCMD Science Keywords, where a keyword is a path",
        "standard_name_vocabulary": "CF Standard Name Table v93",
        "processing_level": "L4",
        "comment": "Thickness is the mean over a cell, open water included. Missing values are not zero.",
        **extent.as_attributes(),
        **SEA_LEVEL,
        **describe_origin(),
        **describe_creation(title, first, last, stated),
        **stated,
    }


def describe_creation(
    title: str, first: date | None, last: date | None, details: Mapping[str, str | float]
) -> dict[str, str]:
    """Return the attributes that name a file: its identifier, its period, and when it was made by what.

    The period begins and ends with the times of the first and the last value, which are noons of days.
    """
    made_of = [str(details[key]) for key in ("source_of_fields", "source_of_features", "experiment") if key in details]
    days = [f"{day:%Y%m%d}" for day in dict.fromkeys((first, last)) if day]
    today = read_today().isoformat()
    return {
        "id": re.sub(r"[^a-z0-9_.]+", "-", " ".join([title, *made_of, *days]).lower()),
        "date_created": today,
        "history": f"{today}: {title}, made by SuperIce {__version__}",
        **(_describe_period(first, last) if first and last else {}),
    }


def _describe_period(first: date, last: date) -> dict[str, str]:
    return {
        "time_coverage_start": f"{first}T12:00:00Z",
        "time_coverage_end": f"{last}T12:00:00Z",
        "time_coverage_duration": f"P{(last - first).days + 1}D",
        "time_coverage_resolution": "P1D",
    }


def describe_publication(section: Mapping[str, str | None]) -> dict[str, str]:
    """Return the attributes of who publishes, from the section ``publication``; a key that it lacks has its default."""
    stated = DEFAULTS | {key: value for key, value in section.items() if value}
    publisher = {f"publisher_{key}": stated.get(f"publisher_{key}", stated[f"creator_{key}"]) for key in PUBLISHER}
    doi = {"doi": stated["doi"], "metadata_link": f"https://doi.org/{stated['doi']}"} if "doi" in stated else {}
    return {
        "product_version": stated["version"],
        "license": stated["license"],
        **{f"creator_{key}": stated[f"creator_{key}"] for key in PUBLISHER},
        "creator_institution": stated["institution"],
        "institution": stated["institution"],
        **publisher,
        "project": stated["project"],
        "naming_authority": stated["naming_authority"],
        "acknowledgement": stated.get("acknowledgement", NOT_STATED),
        **doi,
    }


def read_today() -> date:
    """Return the day on which a file is made, in UTC, or that of the variable SOURCE_DATE_EPOCH (s since 1970).

    With the variable, a file that is made again has the same bytes on any day (reproducible-builds.org).
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    moment = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else datetime.now(UTC)
    return moment.date()
