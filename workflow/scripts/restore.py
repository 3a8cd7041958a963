"""Draw members from the smooth forecasts of the surrogate, and compare their spectra with the truth's."""

from datetime import date
from pathlib import Path

from superice.utils.command_line import (
    add_grid,
    add_threads,
    make_parser,
    read_settings,
    run_command,
    use_threads,
)


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--forecasts", type=Path, required=True, help="forecasts and truths that were kept, NetCDF")
    parser.add_argument("--weights", type=Path, required=True, help="weights of the diffusion network, safetensors")
    add_grid(parser)
    parser.add_argument("--settings", type=read_settings, required=True, help="restoration and its sampler, YAML")
    add_threads(parser)
    parser.add_argument("--fields", type=Path, required=True, help="forecast, truth and members, NetCDF")
    parser.add_argument("--table", type=Path, required=True, help="ratios of the fine scale, and errors, CSV")
    args = parser.parse_args()

    import numpy as np
    import pandas as pd
    import xarray as xr

    from superice.fields.grid import load_grid
    from superice.fields.spectra import band_ratio
    from superice.inference.ensemble import clip_negative, draw_members
    from superice.inference.settings import SamplerSettings
    from superice.network.weights import TrainedNetwork
    from superice.surrogate.restoration import compute_spectrum, make_features, require_sound, select_lead
    from superice.surrogate.settings import RestorationSettings
    from superice.utils.files import write_dataset, write_table
    from superice.utils.settings import build_settings

    use_threads(args.threads)
    how = build_settings(RestorationSettings, args.settings["restoration"], "surrogate.restoration")
    drawing = {**args.settings["sampler"], "members": how.members}
    sampler = build_settings(SamplerSettings, drawing, "surrogate.restoration.sampler").without_drift()
    grid, trained = load_grid(args.areas, args.area), TrainedNetwork.load(args.weights)
    require_sound(trained)
    with xr.open_dataset(args.forecasts) as dataset:
        at_lead = select_lead(dataset, how.lead_days).load()
    members = []
    for start, forecast in zip(at_lead.start.values, at_lead.forecast.values, strict=True):
        features = make_features(date.fromisoformat(str(start)[:10]), forecast, grid.step, how.box_km)
        members.append(
            [clip_negative(member)[0] for member in draw_members(trained, features, sampler, how.seed, True)]
        )
    at_lead["members"] = (("start", "member", "y", "x"), np.array(members))
    write_dataset(args.fields, at_lead)
    truth = at_lead.truth.values
    sea = np.isfinite(truth[0])
    mean = lambda fields: float(np.sqrt(np.mean((fields - truth)[:, sea] ** 2)))
    shown = {
        "truth": truth,
        "surrogate": at_lead.forecast.values,
        "members": at_lead.members.values.reshape(-1, *sea.shape),
    }
    power = {name: compute_spectrum(fields, sea, grid.step / 1000) for name, fields in shown.items()}
    ratio = {name: band_ratio(p, power["truth"][1], k, *how.band_km) for name, (k, p) in power.items()}
    error = {"truth": 0.0, "surrogate": mean(at_lead.forecast.values), "members": mean(at_lead.members.values.mean(1))}
    rows = pd.DataFrame({"field": list(ratio), "fine_scale": ratio.values(), "rmse": [error[name] for name in ratio]})
    write_table(args.table, rows)


if __name__ == "__main__":
    run_command(main)
