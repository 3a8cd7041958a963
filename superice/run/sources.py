"""Locate the raw files of a day, for every kind of source in the configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import partial
from pathlib import Path

from superice.dataset import layout
from superice.errors import InputError, MissingInput
from superice.readers import cs2smos, in_situ, nextsim_cmems, nextsim_moorings, osisaf_concentration, osisaf_drift
from superice.run.configuration import Configuration
from superice.run.paths import RunPaths, fill
from superice.seasons import Season, find_neighbours
from superice.synthetic import file_names


def find_archived(folder: str, day: date) -> Path:
    """Find the model features of a day in the published layout. Raises MissingInput when there are none."""
    path = Path(folder, layout.model_features_name(day))
    if not path.exists():
        raise MissingInput(f"no file for {day}", product="archive", file=folder)
    return path


MODELS = {"moorings": nextsim_moorings.find, "cmems": nextsim_cmems.find, "archive": find_archived}
PRODUCTS = {
    "cs2smos": (cs2smos.find, file_names.cs2smos_name),
    "concentration": (osisaf_concentration.find, file_names.concentration_name),
    "drift": (osisaf_drift.find, file_names.drift_name),
}


class Sources:
    """The raw files of a run.

    The files of the synthetic Arctic are known before they are made. In a folder only the existing files can be named:
    a file that arrives later is a new input, and its day is made again. A file that is downloaded is represented by the
    record of its download.
    """

    def __init__(self, run: Configuration, paths: RunPaths) -> None:
        self.run = run
        self.model = run.content["sources"]["model"]
        self.observations = run.content["sources"]["observations"]
        self.paths = paths
        self._found: dict[tuple[str, date], list[str]] = {}

    def _locate_synthetic(self, day: date, product: str) -> str:
        """Return the folder of a product of the synthetic Arctic in the season of a day."""
        season = self.run.calendar.find_season(day).name
        return f"{self.paths.synthetic_season.format(season=season)}/{product}"

    def model_folder(self, day: date) -> str:
        """Return the folder to search for the model's file of a day."""
        if self.model["kind"] == "synthetic":
            return self._locate_synthetic(day, "nextsim")
        return self.model["folder"]

    def model_files(self, day: date) -> list[str]:
        """Return the model's file of a day, or the record of its download; none when it is not known."""
        if self.model["kind"] == "synthetic":
            return [f"{self.model_folder(day)}/{file_names.moorings_name(day)}"]
        if records := self.model_records(day):
            return records
        return self._find_existing("model", MODELS[self.model["kind"]], self.model["folder"], day)

    def model_records(self, day: date) -> list[str]:
        """Return the record of the download of a model day; none when the source has no addresses."""
        return self._list_records(["cmems"], day) if self.provider("cmems")[1] else []

    def observed_folder(self, product: str, day: date) -> str:
        """Return the folder to search for the file of a product: cs2smos, concentration or drift."""
        if self.observations["kind"] == "synthetic":
            return self._locate_synthetic(day, product)
        return self.observations[product]

    def motion_folder(self, branch: str, day: date) -> str:
        """Return the folder to search for the velocities of a day."""
        return self.model_folder(day) if branch == "model" else self.observed_folder("drift", day)

    def motion_kind(self, branch: str) -> str:
        """Return the layout of the files with velocities."""
        return str(self.model["kind"]).replace("synthetic", "moorings") if branch == "model" else "drift"

    def motion_files(self, branch: str, day: date) -> list[str]:
        """Return the file with the velocities of a day, or the record of its download; none when it is not known."""
        if branch == "model":
            return self.model_files(day)
        if self.observations["kind"] == "download":
            return self._list_records(["drift"], day)
        return self._list_product("drift", day)

    def download_records(self, day: date) -> list[str]:
        """Return the records of the downloads of an observed day; none when the observations are synthetic."""
        return [] if self.observations["kind"] == "synthetic" else self._list_records(PRODUCTS, day)

    def provider(self, product: str) -> tuple[str, list[str]]:
        """Return the folder that keeps the downloads of a product, and the addresses of its providers."""
        if product == "cmems":
            fetched = self.model["kind"] == "cmems"
            return self.model.get("folder", ""), self.model.get("addresses", []) if fetched else []
        return self.observations[product], self.observations["addresses"][product]

    def _list_records(self, products: Iterable[str], day: date) -> list[str]:
        """Return the records of the downloads of a day, one per product."""
        return fill(self.paths.download_record, product=list(products), date=day)

    def observed_files(self, day: date) -> list[str]:
        """Return the known files of the three products of a day, or the records of their downloads."""
        if self.observations["kind"] == "download":
            return self.download_records(day)
        return [path for product in PRODUCTS for path in self._list_product(product, day)]

    def neighbour_files(self, branch: str, day: date, distance: int) -> list[str]:
        """Return the known files with the concentrations of the days before and after a day, or their records."""
        files = []
        for other in find_neighbours(day, distance).values():
            if branch == "model":
                source, list_files = self.model, self.model_files
            elif self.observations["kind"] == "download":
                source, list_files = self.observations, partial(self._list_records, ["concentration"])
            else:
                source, list_files = self.observations, partial(self._list_product, "concentration")
            season = self.run.calendar.find_season(day)
            is_made = season.first <= other <= season.last and other not in self.run.calendar.gaps
            if is_made or source["kind"] != "synthetic":
                files += list_files(other)
        return files

    def _list_product(self, product: str, day: date) -> list[str]:
        """Return the known file of a product of a day in a list; an empty one when there is none."""
        find, name = PRODUCTS[product]
        folder = self.observed_folder(product, day)
        if self.observations["kind"] != "synthetic":
            return self._find_existing(product, find, folder, day)
        is_missing = day.isoformat() in self.run.content["synthetic"].get("missing", {}).get(product, [])
        return [] if is_missing else [f"{folder}/{name(day)}"]

    def synthetic_files(self, season: Season) -> tuple[list[str], list[str]]:
        """Return the files that the synthetic Arctic makes of a season: those of the model, and those of the products."""
        model, observed = self.run.synthetic_days(season)
        return (
            [path for day in model for path in self.model_files(day)],
            [path for day in observed for path in self.observed_files(day)],
        )

    def in_situ_seasons(self) -> list[Season]:
        """Return the seasons in which the synthetic Arctic has virtual platforms."""
        source = self.run.content["sources"]["in_situ"]
        if not source or source["kind"] != "synthetic":
            return []
        return [season for season in self.run.calendar.seasons() if self.measured_days(season)]

    def measured_days(self, season: Season) -> list[date]:
        """Return the days of a season on which virtual platforms measure: those that are compared with them."""
        return [day for day in self.run.in_situ_days() if season.first <= day <= season.last]

    def virtual_folder(self, season: Season) -> str:
        """Return the folder of what virtual platforms measure in a season."""
        return f"{self.paths.synthetic_season.format(season=season.name)}/in_situ"

    def virtual_files(self, season: Season) -> list[str]:
        """Return the files of what virtual platforms measure in a season."""
        return [f"{self.virtual_folder(season)}/{name}" for name in (file_names.BUOYS, file_names.SUBMARINE)]

    def in_situ_files(self) -> list[str]:
        """Return the files of measurements, or the folder where it holds none, so that the error names it."""
        if not self.run.in_situ_days():
            return []
        source = self.run.content["sources"]["in_situ"]
        if source["kind"] == "synthetic":
            return [path for season in self.in_situ_seasons() for path in self.virtual_files(season)]
        try:
            return [str(path) for path in in_situ.list_files(source["folder"])]
        except InputError:
            return [source["folder"]]

    def all_download_records(self) -> list[str]:
        """Return the records of all downloads of the run."""
        observed, model = self.run.calendar.observed_days(), self.run.calendar.model_days()
        records = [record for day in observed for record in self.download_records(day)]
        if self.observations["kind"] == "download":
            around = [day for day in self.run.add_neighbours(observed) if day not in observed]
            records += [record for day in around for record in self._list_records(["concentration"], day)]
        return records + [record for day in self.run.add_neighbours(model) for record in self.model_records(day)]

    def searched_folders(self, branch: str) -> dict[str, str]:
        """Return the folders in which a branch's files are looked for, by key; none where they are made or fetched."""
        if branch == "model":
            made = self.model["kind"] == "synthetic" or self.provider("cmems")[1]
            return {} if made else {"sources.model.folder": self.model["folder"]}
        if self.observations["kind"] != "folder":
            return {}
        return {f"sources.observations.{product}": self.observations[product] for product in PRODUCTS}

    def describe_files(self) -> list[str]:
        """Return a sentence for each branch with files in folders: how many of its days have them."""
        calendar = self.run.calendar
        sentences = []
        for branch, days in (("model", calendar.model_days()), ("observations", calendar.observed_days())):
            folders = dict.fromkeys(self.searched_folders(branch).values())
            if days and folders:
                sentences.append(f"{branch}: {self._count_files(branch, days)} (in {', '.join(folders)})")
        return sentences

    def _count_files(self, branch: str, days: Sequence[date]) -> str:
        if branch == "model":
            return f"{sum(bool(self.model_files(day)) for day in days)} of {len(days)} days have a file"
        complete = sum(len(self.observed_files(day)) == len(PRODUCTS) for day in days)
        single = [f"{product} {sum(bool(self._found[product, day]) for day in days)}" for product in PRODUCTS]
        return f"{complete} of {len(days)} days have the files of all products: {', '.join(single)}"

    def _find_existing(self, product: str, find: Callable[[str, date], Path], folder: str, day: date) -> list[str]:
        """Return the file of a day in a list; an empty one when there is none, or when two differ."""
        if (product, day) not in self._found:
            try:
                self._found[product, day] = [str(find(folder, day))]
            except InputError:
                self._found[product, day] = []
        return self._found[product, day]
