"""Write the cells of a grid that lie in each region of a GeoJSON file."""

from pathlib import Path

from superice.utils.command_line import add_grid, add_publication, make_parser, run_command


def main() -> None:
    parser = make_parser(__doc__)
    add_grid(parser)
    parser.add_argument("--regions", type=Path, help="GeoJSON file (default: the package's seas of the Arctic)")
    parser.add_argument("--named-by", default="name", help="property of the polygons that names their region")
    add_publication(parser)
    parser.add_argument("--output", type=Path, required=True, help="regions.nc")
    args = parser.parse_args()

    from superice.dataset.publication import Extent, describe_file, describe_publication
    from superice.fields.grid import load_grid
    from superice.fields.regions import make_region_masks, write_region_masks

    grid = load_grid(args.areas, args.area)
    masks = make_region_masks(grid, args.regions, args.named_by)
    longitude, latitude = grid.lonlat()
    attributes = describe_file(
        "SuperIce regions of the grid",
        "The cells whose centres lie in each region.",
        Extent.around(latitude, longitude),
        details=describe_publication(args.publication),
    )
    write_region_masks(args.output, masks, grid, attributes)


if __name__ == "__main__":
    run_command(main)
