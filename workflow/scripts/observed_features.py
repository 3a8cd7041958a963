"""Make one day's observed features from CS2SMOS thickness, OSI SAF concentration and OSI SAF drift.

A day with a missing or refused file has no pixel with all inputs; the record and the warnings list all that is wrong
with it. What the other products know is written for networks that take inputs which are partly missing, provided that
there is a thickness.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from superice.errors import InputError
from superice.utils.command_line import add_grid, add_publication, make_parser, read_settings, run_command

if TYPE_CHECKING:
    import numpy as np

    from superice.fields.grid import Grid


def read_land(path: Path | None, grid: Grid) -> np.ndarray:
    """Return the land mask of a file, or compute it: bool (y, x). Raises InputError for another shape or type."""
    import numpy as np

    from superice.fields.grid import make_land_mask

    if path is None:
        return make_land_mask(grid)
    land = np.load(path)
    if land.shape != grid.shape or land.dtype != bool:
        raise InputError(f"not a land mask of {grid.shape}", file=path, value=f"{land.dtype} {land.shape}")
    return land


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--cs2smos", type=Path, required=True, help="folder of CS2SMOS files, flat or YYYY/MM/")
    parser.add_argument("--concentration", type=Path, required=True, help="folder of OSI SAF concentration files")
    parser.add_argument("--drift", type=Path, required=True, help="folder of OSI SAF drift files")
    parser.add_argument("--land", type=Path, help="land mask of the grid, bool .npy (computed when not given)")
    parser.add_argument("--date", type=date.fromisoformat, required=True, help="YYYY-MM-DD")
    add_grid(parser)
    parser.add_argument("--settings", type=read_settings, default={}, help="settings of the features, YAML")
    parser.add_argument("--settings-digest", default="", help="digest of the settings, an attribute of the output")
    add_publication(parser)
    parser.add_argument("--output", type=Path, required=True, help="sic_sit_e1_e2_YYYYMMDD.npz")
    parser.add_argument("--output-netcdf", type=Path, required=True, help="the same as CF NetCDF, with mask reasons")
    parser.add_argument("--record", type=Path, required=True, help="what was found, and the pixels lost: JSON")
    args = parser.parse_args()

    from superice.dataset.layout import INPUT_NOTES, write_observed_features
    from superice.dataset.publication import describe_publication
    from superice.features.neighbours import read_neighbours
    from superice.features.observed import (
        ObservedDay,
        count_ice,
        explain_no_pixel,
        list_notes,
        make_concentration,
        make_observed_day,
    )
    from superice.features.settings import FeatureSettings, describe_feature_settings
    from superice.fields.grid import load_grid
    from superice.readers import cs2smos, osisaf_concentration, osisaf_drift
    from superice.utils.files import write_json
    from superice.utils.settings import build_settings

    how = build_settings(FeatureSettings, args.settings, "features")
    details = {
        "configuration_digest": args.settings_digest,
        "feature_settings": describe_feature_settings(how),
        "source_of_fields": "observations",
        **describe_publication(args.publication),
    }
    grid = load_grid(args.areas, args.area)
    land = read_land(args.land, grid)
    products, problems = {}, []
    folders = (
        (cs2smos, args.cs2smos),
        (osisaf_concentration, args.concentration),
        (osisaf_drift, args.drift),
    )
    for product, folder in folders:
        try:
            products[product.PRODUCT] = product.read(product.find(folder, args.date), args.date)
        except InputError as error:
            problems.append(error)
    observed = ObservedDay.empty(grid)
    if cs2smos.PRODUCT in products:
        readings = (products.get(product.PRODUCT) for product, _ in folders)
        observed = make_observed_day(*readings, grid, land, how)
    if land.all() or (observed.kept_pixels == 0 and not problems):
        problems.append(InputError(explain_no_pixel(observed, land), product="observations"))
    find, read = osisaf_concentration.find, osisaf_concentration.read
    neighbours, unknown = read_neighbours(
        lambda day: make_concentration(read(find(args.concentration, day), day), grid, land, how.observations),
        args.date,
        how.neighbouring_days,
        grid,
    )
    for error in (*problems, *unknown):
        print(f"warning: {error}", file=sys.stderr)
    notes = list_notes(products, how)
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    if notes:
        details[INPUT_NOTES] = "; ".join(notes)
    contents = observed.list_contents() | {"neighbours": neighbours}
    write_observed_features(args.output, args.output_netcdf, grid, args.date, details=details, **contents)
    write_json(
        args.record,
        {
            "date": args.date.isoformat(),
            "branch": "observations",
            "available": not problems,
            # Networks for partly missing inputs draw where the thickness is known; others need all inputs of a pixel.
            "has_thickness": observed.thickness_pixels > 0,
            "problems": [error.as_record() for error in (*problems, *unknown)],
            "notes": notes,
            **count_ice(observed, products, grid, land, how),
            "kept_pixels": observed.kept_pixels,
            "thickness_pixels": observed.thickness_pixels,
        },
    )


if __name__ == "__main__":
    run_command(main)
