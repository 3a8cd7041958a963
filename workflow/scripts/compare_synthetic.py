"""Compare the synthetic Arctic with a real neXtSIM thickness snapshot of 12 km, at the snapshot's resolution.

The window is 128 x 128 pixels of ice around 86 N, 161 E. The standard deviations of the synthetic Arctic must lie within
25 % of those of the snapshot and its spectral slopes within 0.3. Skewness and kurtosis must have the same sign and lie
within a factor of two.
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
from superice.utils.files import atomic_path
from superice.utils.settings import build_settings


def is_near(name: str, value: float, reference: float) -> bool:
    """Return whether the value of the synthetic Arctic is close enough to that of the snapshot."""
    if name.startswith("slope"):
        return abs(value - reference) <= 0.3
    if "skewness" in name or "kurtosis" in name:
        return 0.5 <= value / reference <= 2
    return abs(value / reference - 1) <= 0.25


def draw(path: Path, snapshot: np.ndarray | None, fine: np.ndarray) -> None:
    """Draw the snapshot and the synthetic Arctic at 12 km, and the middle of the latter at 3 km, on one scale."""
    import cmocean  # noqa: F401  registers the colour maps cmo.*

    from superice.figures.style import PAGE_WIDTH, apply_style, plt

    panels = {"synthetic, 12 km": coarsen(fine), "synthetic, 3 km": fine[160:352, 160:352]}
    if snapshot is not None:
        panels = {"neXtSIM snapshot, 12 km": snapshot} | panels
    with apply_style():
        figure, axes = plt.subplots(1, len(panels), figsize=(PAGE_WIDTH, 2.9))
        for axis, (title, field) in zip(axes, panels.items(), strict=True):
            image = axis.imshow(field, origin="lower", cmap="cmo.ice", vmin=0, vmax=3.5)
            axis.set(title=title, xticks=[], yticks=[])
        figure.colorbar(image, ax=axes, label="thickness (m)", orientation="horizontal", shrink=0.5)
        with atomic_path(path) as temporary:
            figure.savefig(temporary)


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument(
        "--snapshot", type=Path, help="neXtSIM thickness snapshot (NetCDF with sit, latitude, longitude)"
    )
    parser.add_argument("--settings", type=read_settings, default={}, help="settings of the section synthetic, YAML")
    parser.add_argument("--seeds", type=int, default=4, help="number of synthetic Arctics")
    parser.add_argument("--figure", type=Path, help="picture of both, PNG")
    args = parser.parse_args()
    settings = build_settings(SyntheticSettings, args.settings, "synthetic")
    snapshot = read_snapshot_window(args.snapshot) if args.snapshot else None
    known = measure_texture(snapshot, 12.0) if args.snapshot else {}
    measures = [measure_synthetic(settings, seed) for seed in range(args.seeds)]
    print(f"{'':22}{'snapshot':>10}{'synthetic':>10}   range of {args.seeds} seeds")
    for name in measures[0]:
        values = [of_seed[name] for of_seed in measures]
        mean = float(np.mean(values))
        reference = f"{known[name]:10.3f}" if name in known else " " * 10
        verdict = "" if name not in known else "  met" if is_near(name, mean, known[name]) else "  NOT met"
        print(f"{name:22}{reference}{mean:10.3f}   {min(values):.3f} to {max(values):.3f}{verdict}")
    if args.figure:
        draw(args.figure, snapshot, simulate_window(settings, 0))


if __name__ == "__main__":
    run_command(main)
