"""Settings of the summaries: what is told of an ensemble."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, ClassVar

from pydantic import Field

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
        (0.1, 0.3, 0.5, 1.0), "Thicknesses, ascending, of which the share of thinner members is told.", "m"
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


def require_ascending(key: str, values: Sequence[float]) -> None:
    """Raise RuleBroken when the values of a key do not ascend."""
    if any(first >= second for first, second in pairwise(values)):
        raise RuleBroken(key, f"{list(values)} does not ascend")
