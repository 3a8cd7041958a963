"""Write days of a season of the synthetic Arctic: as neXtSIM files, and as the products of its satellites."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from pathlib import Path

from superice.fields.grid import Grid
from superice.seasons import Season
from superice.synthetic import file_names, satellite_files
from superice.synthetic.arctic import Arctic, SyntheticDay
from superice.synthetic.nextsim_files import write_moorings
from superice.synthetic.platforms import write_measurements
from superice.synthetic.satellites import Satellites
from superice.synthetic.settings import SyntheticSettings

PRODUCTS = {
    "cs2smos": (file_names.cs2smos_name, satellite_files.write_thickness),
    "concentration": (file_names.concentration_name, satellite_files.write_concentration),
    "drift": (file_names.drift_name, satellite_files.write_drift),
}


class SeasonFiles:
    """The files of one season of the synthetic Arctic on a region."""

    def __init__(self, region: Grid, how: SyntheticSettings, season: Season, folder: Path) -> None:
        """Prepare the season; files go to subfolders of ``folder``, one for each product."""
        margin = round(how.margin_km * 1000 / region.step)
        self.region, self.how, self.folder = region, how, folder
        self.arctic = Arctic(region.pad(margin), how, season)
        self._satellites = Satellites(self.arctic)
        self._inner = (slice(margin, -margin or None),) * 2

    def crop_truth(self, day: date) -> SyntheticDay:
        """Return the truth of a day on the region."""
        truth = self.arctic.simulate_day(day)
        return SyntheticDay(*(getattr(truth, name)[self._inner] for name in ("sic", "sit", "u", "v")))

    def write_model(self, day: date) -> Path:
        """Write a day as a neXtSIM file, and return it."""
        path = self.folder / "nextsim" / file_names.moorings_name(day)
        write_moorings(path, self.region, self.arctic.scale[self._inner], day, self.crop_truth(day))
        return path

    def write_products(self, day: date, products: Collection[str] = tuple(PRODUCTS)) -> dict[str, Path]:
        """Write the products of a day that are not missing on it, and return their files by product."""
        paths = {}
        for product in products:
            name, write = PRODUCTS[product]
            if day.isoformat() not in getattr(self.how.missing, product):
                paths[product] = self.folder / product / name(day)
                write(paths[product], self._satellites, day)
        return paths

    def write_measurements(self, days: Iterable[date]) -> Path:
        """Write what virtual buoys and a submarine measure on the days, and return their folder."""
        write_measurements(self.folder / "in_situ", self.arctic, self.region, list(days))
        return self.folder / "in_situ"

    def write_days(self, days: Iterable[date], modelled: Collection[date], observed: Collection[date]) -> None:
        """Write the files of the days: of those ``modelled`` the neXtSIM file, of those ``observed`` the products."""
        for day in days:
            if day in modelled:
                self.write_model(day)
            if day in observed:
                self.write_products(day)
