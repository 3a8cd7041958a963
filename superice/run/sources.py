"""Where a day's raw files are, for every kind of source that the configuration can name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

from superice.errors import InputError
from superice.readers import cs2smos, nextsim_cmems, nextsim_moorings, osisaf_concentration, osisaf_drift
from superice.run.configuration import Configuration
from superice.seasons import Season
from superice.synthetic import file_names

MODELS = {"moorings": nextsim_moorings.find, "cmems": nextsim_cmems.find}
PRODUCTS = {
    "cs2smos": (cs2smos.find, file_names.cs2smos_name),
    "concentration": (osisaf_concentration.find, file_names.concentration_name),
    "drift": (osisaf_drift.find, file_names.drift_name),
}


class Sources:
    """The raw files of a run.

    A twin's files are known before they are made. Of a folder's files only those that are there can be named: a file
    that arrives later is a new input, and remakes its day. For a file that is to be downloaded stands the record of it.
    """

    def __init__(self, run: Configuration, results: str) -> None:
        self.run = run
        self.model = run.content["sources"]["model"]
        self.observations = run.content["sources"]["observations"]
        self.results = results

    def _twin(self, day: date, product: str) -> str:
        return f"{self.results}/twin/{self.run.calendar.season_of(day).name}/{product}"

    def model_folder(self, day: date) -> str:
        """The folder in which the model's file of a day is looked for."""
        return self._twin(day, "nextsim") if self.model["kind"] == "twin" else self.model["folder"]

    def model_files(self, day: date) -> list[str]:
        """The model's file of a day, as far as it is known."""
        if self.model["kind"] == "twin":
            return [f"{self.model_folder(day)}/{file_names.moorings_name(day)}"]
        if records := self.model_records(day):
            return records
        find = MODELS.get(self.model["kind"])
        return _existing(find, self.model["folder"], day) if find else []

    def model_records(self, day: date) -> list[str]:
        """The record of the download of a model day; none where the source has no addresses."""
        return self._records(["cmems"], day) if self.provider("cmems")[1] else []

    def observed_folder(self, product: str, day: date) -> str:
        """The folder in which the file of a product (cs2smos, concentration or drift) is looked for."""
        return self._twin(day, product) if self.observations["kind"] == "twin" else self.observations[product]

    def download_records(self, day: date) -> list[str]:
        """The records of the downloads of an observed day; none where the twin takes the place of the providers."""
        return [] if self.observations["kind"] == "twin" else self._records(PRODUCTS, day)

    def provider(self, product: str) -> tuple[str, list[str]]:
        """The folder in which the downloads of a product are kept, and the addresses that they come from."""
        if product == "cmems":
            fetched = self.model["kind"] == "cmems"
            return self.model.get("folder", ""), self.model.get("addresses", []) if fetched else []
        return self.observations[product], self.observations["addresses"][product]

    def _records(self, products: Iterable[str], day: date) -> list[str]:
        return [f"{self.results}/downloads/{product}/{day:%Y%m%d}.json" for product in products]

    def observed_files(self, day: date) -> list[str]:
        """The files of the three products of a day, as far as they are known, or the records of their downloads."""
        if self.observations["kind"] == "download":
            return self.download_records(day)
        files = []
        for product, (find, name) in PRODUCTS.items():
            folder = self.observed_folder(product, day)
            if self.observations["kind"] != "twin":
                files += _existing(find, folder, day)
            elif day.isoformat() not in self.run.content["twin"].get("missing", {}).get(product, []):
                files.append(f"{folder}/{name(day)}")
        return files

    def synthetic_files(self, season: Season) -> tuple[list[str], list[str]]:
        """The model's and the products' files that the twin makes of a season."""
        model, observed = self.run.synthetic_days(season)
        return (
            [path for day in model for path in self.model_files(day)],
            [path for day in observed for path in self.observed_files(day)],
        )


def _existing(find: Callable[[str, date], Path], folder: str, day: date) -> list[str]:
    try:
        return [str(find(folder, day))]
    except InputError:
        return []
