"""Whom a run's files thank."""

import pytest

from superice.run.configuration import Configuration
from superice.run.providers import describe_publication_settings, list_providers

CALENDAR = {
    "test": {"first": "2022-10-18", "last": "2022-11-30"},
    "observations": {"first": "2022-12-01", "last": "2022-12-31"},
}


def configure(model="moorings", observations="folder", calendar=CALENDAR, **sections):
    """Return a run that draws with given weights."""
    content = {
        "name": "any",
        "calendar": calendar,
        "sources": {"model": {"kind": model}, "observations": {"kind": observations}},
        "experiments": {"reference": {"weights": "given.safetensors"}},
    }
    return Configuration(content | sections)


def test_the_sentence_of_awi_names_the_days_of_the_run():
    settings = describe_publication_settings(configure(publication={"acknowledgement": "We thank our sponsor."}))
    assert settings["acknowledgement"].startswith("We thank our sponsor. Simulations with the sea-ice model neXtSIM")
    assert "data from 2022-12-01 to 2022-12-31 were obtained from AWI." in settings["acknowledgement"]


@pytest.mark.parametrize(
    ("run", "names"),
    [
        ({}, ["neXtSIM", "CS2SMOS", "OSI SAF"]),
        ({"model": "synthetic", "observations": "synthetic"}, ["synthetic Arctic"]),
        ({"model": "cmems", "calendar": {"test": CALENDAR["test"]}}, ["neXtSIM-F"]),
    ],
)
def test_each_source_has_its_provider_once(run, names):
    found = [provider.name for provider in list_providers(configure(**run))]
    assert len(found) == len(names)
    assert all(one.startswith(name) for one, name in zip(found, names, strict=True))


def test_model_files_hold_no_observation():
    assert [provider.license for provider in list_providers(configure(), "model")] == ["not stated"]
