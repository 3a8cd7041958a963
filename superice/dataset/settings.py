"""Settings of the data set: the contents of a summary, and who publishes it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from superice.dataset.publication import DEFAULTS
from superice.utils.settings import Number, RuleBroken, Settings, declare

Share = Annotated[Number, Field(gt=0, lt=1)]
Thickness = Annotated[Number, Field(gt=0)]


class SummarySettings(Settings):
    """What a summary tells of the members at each pixel, beside their mean and standard deviation."""

    section: ClassVar[str] = "ensembles.summary"

    quantiles: Annotated[tuple[Share, ...], Field(min_length=1)] = declare(
        (0.05, 0.25, 0.5, 0.75, 0.95), "Quantiles of the members, ascending."
    )
    thinner_than: Annotated[tuple[Thickness, ...], Field(min_length=1)] = declare(
        (0.1, 0.3, 0.5, 1.0), "Thicknesses, ascending; for each the share of thinner members is written.", "m"
    )
    classes: Annotated[tuple[Thickness, ...], Field(min_length=1)] = declare(
        (0.1, 0.15, 0.3, 0.7, 1.2),
        "Limits between the thickness classes, ascending; those of the WMO: nilas, grey, grey-white, thin, medium and thick"
        " first-year ice.",
        "m",
    )

    def check_rules(self) -> None:
        """Raise RuleBroken where the numbers of a key do not ascend."""
        for key in type(self).model_fields:
            require_ascending(key, getattr(self, key))


Text = Annotated[str, Field(min_length=1)]
Kind = Literal["person", "group", "institution", "position"]
Doi = Annotated[str, Field(pattern=r"^10\.\d{4,9}/\S+$", json_schema_extra={"format": "doi"})]


class PublicationSettings(Settings):
    """Who publishes the data set: written into the attributes of its files and the pages of a package."""

    section: ClassVar[str] = "publication"

    title: Text = declare(DEFAULTS["title"], "Title of the data set.")
    version: Text = declare(DEFAULTS["version"], "Version of the data set.")
    license: Text = declare(
        DEFAULTS["license"],
        "Licence of the data set, an identifier of SPDX or an address; the providers of its inputs state theirs.",
    )
    creator_name: Text = declare(DEFAULTS["creator_name"], "Who made the data set.")
    creator_type: Kind = declare(DEFAULTS["creator_type"], "What the creator is.")
    creator_email: Text = declare(DEFAULTS["creator_email"], "Address of the creator for letters.")
    creator_url: Text = declare(DEFAULTS["creator_url"], "Page of the creator, or an ORCID.")
    institution: Text = declare(DEFAULTS["institution"], "Institution of the creator.")
    publisher_name: Text | None = declare(None, "Who distributes the data set; null for the creator.")
    publisher_type: Kind | None = declare(None, "What the publisher is; null for the same as the creator.")
    publisher_email: Text | None = declare(None, "Address of the publisher for letters; null for that of the creator.")
    publisher_url: Text | None = declare(None, "Page of the publisher; null for that of the creator.")
    project: Text = declare(DEFAULTS["project"], "Project that the data set belongs to.")
    naming_authority: Text = declare(
        DEFAULTS["naming_authority"],
        "Who gives the identifiers of files, as a reversed domain name such as org.example.",
    )
    doi: Doi | None = declare(None, "Identifier of the data set, 10.…, where it has one.")
    acknowledgement: Text | None = declare(
        None, "Sentence of thanks, such as to who paid; those that the providers of the inputs ask for are added."
    )


def require_ascending(key: str, values: Sequence[float]) -> None:
    """Raise RuleBroken when the values of a key do not ascend."""
    if any(first >= second for first, second in pairwise(values)):
        raise RuleBroken(key, f"{list(values)} does not ascend")
