"""Compare the twin with a real neXtSIM thickness snapshot of 12 km, at the snapshot's resolution.

The window is 128 x 128 pixels of ice around 86 N, 161 E. The twin is to lie within 25 % of the snapshot's deviations and
0.3 of its spectral slopes, with skewness and kurtosis of the same sign and within a factor of two.
"""

from pathlib import Path

import numpy as np

from superice.synthetic.comparison import (
    coarsen,
    measure_synthetic,
    measure_texture,
    read_snapshot_window,
    simulate_window,
)
from superice.synthetic.settings import SyntheticSettings
from superice.utils.command_line import make_parser, read_settings, run_command


def met(name: str, value: float, reference: float) -> bool:
    """Whether the twin's value is near enough to the snapshot's."""
    if name.startswith("slope"):
        return abs(value - reference) <= 0.3
    if "skewness" in name or "kurtosis" in name:
        return 0.5 <= value / reference <= 2
    return abs(value / reference - 1) <= 0.25


def draw(path: Path, snapshot: np.ndarray | None, fine: np.ndarray) -> None:
    """The snapshot and the twin at 12 km, and the twin's middle at 3 km, on one scale."""
    from superice.figures.style import PAGE_WIDTH, apply_style, plt

    panels = {"twin, 12 km": coarsen(fine), "twin, 3 km": fine[160:352, 160:352]}
    if snapshot is not None:
        panels = {"neXtSIM snapshot, 12 km": snapshot} | panels
    with apply_style():
        figure, axes = plt.subplots(1, len(panels), figsize=(PAGE_WIDTH, 2.9))
        for axis, (title, field) in zip(axes, panels.items(), strict=True):
            image = axis.imshow(field, origin="lower", cmap="cmo.ice", vmin=0, vmax=3.5)
            axis.set(title=title, xticks=[], yticks=[])
        figure.colorbar(image, ax=axes, label="thickness (m)", orientation="horizontal", shrink=0.5)
        figure.savefig(path)


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument(
        "--snapshot", type=Path, help="neXtSIM thickness snapshot (NetCDF with sit, latitude, longitude)"
    )
    parser.add_argument("--settings", type=read_settings, default={}, help="section twin: JSON or a YAML file")
    parser.add_argument("--seeds", type=int, default=4, help="how many twins")
    parser.add_argument("--figure", type=Path, help="picture of both, PNG")
    args = parser.parse_args()
    how = SyntheticSettings.from_mapping(args.settings)
    snapshot = read_snapshot_window(args.snapshot) if args.snapshot else None
    known = measure_texture(snapshot, 12.0) if args.snapshot else {}
    twins = [measure_synthetic(how, seed) for seed in range(args.seeds)]
    print(f"{'':22}{'snapshot':>10}{'twin':>10}   range of {args.seeds} twins")
    for name in twins[0]:
        values = [twin[name] for twin in twins]
        mean = float(np.mean(values))
        reference = f"{known[name]:10.3f}" if name in known else " " * 10
        verdict = "" if name not in known else "  met" if met(name, mean, known[name]) else "  NOT met"
        print(f"{name:22}{reference}{mean:10.3f}   {min(values):.3f} to {max(values):.3f}{verdict}")
    if args.figure:
        draw(args.figure, snapshot, simulate_window(how, 0))


if __name__ == "__main__":
    run_command(main)
