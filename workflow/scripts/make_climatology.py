"""The mean thickness of every day of the year over the training years."""

from pathlib import Path

from superice.utils.command_line import make_parser, run_command


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--years", type=Path, nargs="+", required=True, help="years of the store, npy, in order")
    parser.add_argument("--window-days", type=int, default=1, help="days around each that count with it")
    parser.add_argument("--output", type=Path, required=True, help="npy (366, y, x)")
    args = parser.parse_args()

    import numpy as np

    from superice.surrogate.climatology import compute_climatology
    from superice.surrogate.store import Record
    from superice.utils.files import atomic_path

    mean = compute_climatology(Record(args.years), args.window_days)
    with atomic_path(args.output) as temporary:
        np.save(temporary, mean)


if __name__ == "__main__":
    run_command(main)
