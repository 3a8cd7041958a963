"""Who provided the inputs of a run, and what they ask of those who use them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path

import yaml

from superice.run.configuration import Configuration

FILE = "providers.yaml"
SATELLITES = ("cs2smos", "osisaf")
SYNTHETIC = "synthetic"


@dataclass(frozen=True)
class Provider:
    """A provider of inputs.

    Attributes
    ----------
    name
        The product.
    provider
        Who provides it.
    acknowledgement
        The sentence that the provider asks for.
    license
        Licence of the product as the provider states it.
    url
        Where the provider states it.
    citation
        What to cite.
    """

    name: str
    provider: str
    acknowledgement: str
    license: str
    url: str
    citation: str


@cache
def load_providers() -> dict[str, Provider]:
    """Return all providers by their names in the package's file."""
    content = yaml.safe_load(Path(__file__).with_name(FILE).read_text(encoding="utf-8"))
    return {name: Provider(**values) for name, values in content.items()}


def list_providers(run: Configuration, branch: str | None = None) -> list[Provider]:
    """Return the providers of a run's inputs, or of what a branch's files are made from, each once.

    Ensembles of both branches rest on the model that the network was trained on; observations on satellites as well.
    """
    sources, calendar = run.content["sources"], run.calendar
    model_days, observed_days = calendar.model_days(), calendar.observed_days()
    found = {sources["model"]["kind"]: model_days} if model_days else {}
    if observed_days and branch != "model":
        is_synthetic = sources["observations"]["kind"] == SYNTHETIC
        found |= dict.fromkeys((SYNTHETIC,) if is_synthetic else SATELLITES, observed_days)
    if branch is None and sources["in_situ"] and sources["in_situ"]["kind"] != SYNTHETIC:
        found["measurements"] = observed_days
    return [_date_sentence(load_providers()[name], days) for name, days in found.items()]


def _date_sentence(provider: Provider, days: Sequence[date]) -> Provider:
    sentence = provider.acknowledgement.format(first=days[0], last=days[-1])
    return replace(provider, acknowledgement=sentence)


def describe_publication_settings(run: Configuration) -> dict[str, str]:
    """Return the section ``publication`` as the jobs of a run get it: with the sentences that the providers ask for."""
    section = {key: value for key, value in run.content["publication"].items() if value is not None}
    sentences = [provider.acknowledgement for provider in list_providers(run)]
    return section | {"acknowledgement": " ".join(filter(None, [section.get("acknowledgement"), *sentences]))}
