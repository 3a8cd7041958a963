"""The table and the page of the surrogate."""

import base64
import json
from pathlib import Path

import pandas as pd
import xarray as xr
import yaml
from jinja2 import Environment, StrictUndefined

from superice.surrogate.scores import tabulate_forecasts
from superice.utils.command_line import make_parser, read_settings, run_command
from superice.utils.files import write_table, write_text

SHOWN = ("experiment", "rmse_1d", "rmse_5d", "rmse_10d", "rmse_30d", "gain_persistence_5d", "gain_climatology_10d",
         "bias_end", "exponent_end", "exponent_truth")  # fmt: skip


def figure(path: Path, captions: dict) -> dict:
    """A figure with its caption, ready for the page."""
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    return {"kind": path.suffix.removeprefix("."), "data": data, **captions[path.stem]}


def shown(rows: pd.DataFrame) -> str:
    """A table of the page, HTML."""
    named = rows.rename(columns=lambda name: name.replace("_", " "))
    return named.to_html(index=False, border=0, na_rep="", float_format="{:.3g}".format)


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--scores", type=Path, nargs="+", required=True, help="of each experiment, NetCDF")
    parser.add_argument("--restored", type=Path, required=True, help="table of the restoration, CSV")
    parser.add_argument("--figures", type=Path, nargs="+", required=True, help="PNG and GIF, in order")
    parser.add_argument("--configuration", type=read_settings, required=True, help="section surrogate: JSON")
    parser.add_argument("--template", type=Path, required=True, help="Jinja template of the page")
    parser.add_argument("--captions", type=Path, required=True, help="captions of the figures, YAML")
    parser.add_argument("--table", type=Path, required=True, help="a row for each experiment, CSV")
    parser.add_argument("--output", type=Path, required=True, help="the page, HTML")
    args = parser.parse_args()

    scores = tabulate_forecasts([xr.load_dataset(path) for path in args.scores])
    write_table(args.table, scores)
    captions = yaml.safe_load(args.captions.read_text(encoding="utf-8"))
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    page = environment.from_string(args.template.read_text(encoding="utf-8")).render(
        scores=shown(scores[[name for name in SHOWN if name in scores]]),
        restored=shown(pd.read_csv(args.restored)),
        figures=[figure(path, captions) for path in args.figures],
        configuration=json.dumps(args.configuration, indent=1, ensure_ascii=False),
    )
    write_text(args.output, page)


if __name__ == "__main__":
    run_command(main)
