"""Make one day's model features: neXtSIM fields at 3 km and at the resolution of satellite products.

A day whose file is missing or refused gives empty fields; the record and a warning say why.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from superice.errors import InputError, MissingInput
from superice.utils.command_line import add_grid, add_publication, make_parser, read_settings, run_command

if TYPE_CHECKING:
    import numpy as np

    from superice.features.day import ModelFeatures
    from superice.features.settings import FeatureSettings
    from superice.fields.grid import Grid
    from superice.readers.nextsim_day import ModelDay


def read_fields(
    source: Path, kind: str, day: date, grid: Grid, resample: bool, settings: FeatureSettings
) -> ModelFeatures:
    """Read or make the fields of the day at both resolutions."""
    from superice.dataset.layout import model_features_name
    from superice.features.files import read_archived_day
    from superice.features.model import make_model_day

    if kind == "archive":
        path = source / model_features_name(day)
        if not path.exists():
            raise MissingInput(f"no file for {day}", product="archive", file=source)
        return read_archived_day(path, grid)
    return make_model_day(read_model(source, kind, day, grid, resample), grid, settings)


def read_model(source: Path, kind: str, day: date, grid: Grid, resample: bool) -> ModelDay:
    """Read the model's fields of the day."""
    from superice.readers import nextsim_cmems, nextsim_moorings

    reader = nextsim_cmems if kind == "cmems" else nextsim_moorings
    return reader.read(reader.find(source, day), day, grid, resample)


def read_concentration(
    source: Path, kind: str, day: date, grid: Grid, resample: bool, settings: FeatureSettings
) -> np.ndarray:
    """Read or make the concentration of the day at low resolution, (y, x)."""
    from superice.features.model import make_low_concentration

    if kind == "archive":
        return read_fields(source, kind, day, grid, resample, settings).low["sic"]
    return make_low_concentration(read_model(source, kind, day, grid, resample), grid, settings)


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--source", type=Path, required=True, help="folder of the model's files, flat or YYYY/MM/")
    parser.add_argument("--kind", choices=("moorings", "cmems", "archive"), required=True, help="layout of the files")
    parser.add_argument("--date", type=date.fromisoformat, required=True, help="YYYY-MM-DD")
    add_grid(parser)
    parser.add_argument("--resample", action="store_true", help="interpolate files of another grid, else refuse them")
    parser.add_argument("--settings", type=read_settings, default={}, help="settings of the features, YAML")
    parser.add_argument("--settings-digest", default="", help="digest of the settings, an attribute of the output")
    add_publication(parser)
    parser.add_argument("--output", type=Path, required=True, help="YYYYMMDD.nc")
    parser.add_argument("--store", type=Path, help="YYYYMMDD.npy, what a training reads of the day")
    parser.add_argument("--record", type=Path, required=True, help="what was found, and the day's statistics: JSON")
    args = parser.parse_args()

    from superice.dataset.layout import write_model_features
    from superice.dataset.publication import describe_publication
    from superice.features.day import ModelFeatures
    from superice.features.model import measure_floored_fraction
    from superice.features.neighbours import read_neighbours
    from superice.features.settings import FeatureSettings, describe_feature_settings
    from superice.fields.grid import load_grid
    from superice.network.normalisation import compute_moments, compute_quantities
    from superice.readers.nextsim_moorings import PRODUCT
    from superice.training.store import write_day
    from superice.utils.files import write_json
    from superice.utils.settings import build_settings

    settings = build_settings(FeatureSettings, args.settings, "features")
    details = {
        "configuration_digest": args.settings_digest,
        "feature_settings": describe_feature_settings(settings),
        "source_of_fields": "model",
        **describe_publication(args.publication),
    }
    grid = load_grid(args.areas, args.area)
    problems = []
    try:
        fields = read_fields(args.source, args.kind, args.date, grid, args.resample, settings)
        if not fields.as_features(args.date, settings.sic_threshold).mask.any():
            raise InputError("no pixel of ice has all inputs", product=PRODUCT, file=args.source)
    except InputError as error:
        problems.append(error)
        fields = ModelFeatures.empty(grid)
    read = lambda day: read_concentration(args.source, args.kind, day, grid, args.resample, settings)
    neighbours, unknown = read_neighbours(read, args.date, settings.neighbouring_days, grid)
    fields = replace(fields, neighbours=neighbours)
    for error in (*problems, *unknown):
        print(f"warning: {error}", file=sys.stderr)
    features = fields.as_features(args.date, settings.sic_threshold)
    statistics = compute_moments(features, settings.deformation_floor)
    write_model_features(args.output, grid, args.date, fields.high, fields.low, details, neighbours)
    if args.store:
        write_day(args.store, compute_quantities(features))
    write_json(
        args.record,
        {
            "date": args.date.isoformat(),
            "branch": "model",
            "available": not problems,
            "problems": [error.as_record() for error in (*problems, *unknown)],
            "statistics": statistics,
            "floored_fraction": measure_floored_fraction(features, settings.deformation_floor),
        },
    )


if __name__ == "__main__":
    run_command(main)
