"""Regions: the package's seas against those of two providers, and polygons of users."""

import itertools
import json
import os
from pathlib import Path

import numpy as np
import pyproj
import pytest
import shapely

from superice.errors import InputError
from superice.fields.grid import Grid, load_grid, make_land_mask
from superice.fields.regions import (
    ALL,
    ELSEWHERE,
    REGIONS,
    make_region_masks,
    read_region_masks,
    write_region_masks,
)

REAL = os.environ.get("SUPERICE_REAL_DATA")
FOLDER = Path(REAL or "", "regions")
needs_masks = pytest.mark.skipif(not (REAL and FOLDER.is_dir()), reason="masks of providers are not there")
# The codes of the mask on the grid of CS2SMOS.
SEAS = (
    "central_arctic", "beaufort_sea", "chukchi_sea", "east_siberian_sea", "laptev_sea", "kara_sea", "barents_sea",
    "greenland_sea", "baffin_bay", "gulf_of_st_lawrence", "hudson_bay", "canadian_archipelago", "bering_sea",
    "sea_of_okhotsk",
)  # fmt: skip
# NSIDC's codes on its polar stereographic grid.
SECTORS = {
    2: "sea_of_okhotsk", 3: "bering_sea", 4: "hudson_bay", 5: "baffin_bay", 6: "greenland_sea",
    7: "kara_and_barents_seas", 8: "arctic_ocean", 9: "canadian_archipelago", 10: "gulf_of_st_lawrence",
}  # fmt: skip
SQUARE = [[-20, 80], [20, 80], [20, 85], [-20, 85], [-20, 80]]


def make_grid(step=25_000.0, size=300, projection="EPSG:6931"):
    axis = step * (np.arange(size) - (size - 1) / 2)
    return Grid("around the pole", pyproj.CRS(projection), axis, axis)


def write_features(path, *features):
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}))
    return path


def make_feature(name, *rings, key="name"):
    geometry = {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}
    return {"type": "Feature", "properties": {key: name}, "geometry": geometry}


def select(masks, name):
    return masks.inside[masks.names.index(name)]


def test_the_package_s_seas_do_not_overlap():
    features = json.loads(REGIONS.read_text())["features"]
    polygons = [shapely.geometry.shape(feature["geometry"]) for feature in features]
    assert len(polygons) == 14 and all(polygon.is_valid for polygon in polygons)
    for first, second in itertools.combinations(polygons, 2):
        assert first.intersection(second).area == 0


def test_the_seas_cover_the_sea_of_the_published_grid():
    """Every fifth cell of the grid: each in one sea, the pole and both sides of 180 degrees included."""
    whole = load_grid(None, "superice")
    grid = Grid("coarse", whole.crs, whole.x[::5], whole.y[::5])
    masks, land = make_region_masks(grid), make_land_mask(grid)
    assert masks.names[0] == ALL and select(masks, ALL).all()
    assert (masks.inside[1:].sum(axis=0) == 1).all()
    assert not (select(masks, ELSEWHERE) & ~land).any()
    sectors = make_region_masks(grid, name_key="sector")
    parts = ("central_arctic", "beaufort_sea", "chukchi_sea", "east_siberian_sea", "laptev_sea")
    assert (select(sectors, "arctic_ocean") == np.any([select(masks, name) for name in parts], axis=0)).all()


def test_the_pole_and_180_degrees_belong_to_a_sea():
    """A stereographic grid has a centre on the pole, and a row of them exactly on 180 degrees."""
    grid = make_grid(50_000.0, 101, "+proj=stere +lat_0=90 +lat_ts=70 +lon_0=0 +ellps=WGS84")
    longitude, latitude = grid.lonlat()
    masks = make_region_masks(grid)
    of_seas = masks.inside[1:-1].sum(axis=0)
    assert latitude[50, 50] == 90 and of_seas[50, 50] == 1
    line = (np.abs(longitude) > 180 - 1e-9) & (latitude > 66.6)
    assert line.sum() > 40 and (of_seas[line] == 1).all()


def compare(ours, theirs, sea):
    """Return the intersection over the union of two regions on the sea."""
    return (ours & theirs & sea).sum() / ((ours | theirs) & sea).sum()


@needs_masks
def test_seas_are_those_of_the_users_of_cs2smos():
    codes = np.loadtxt(FOLDER / "regional-mask.csv", delimiter=",")[::-1]
    grid = make_grid(size=432)
    sea, masks = (codes > 0) & ~make_land_mask(grid), make_region_masks(grid)
    shares = {name: compare(select(masks, name), codes == code, sea) for code, name in enumerate(SEAS, 1)}
    assert min(shares.values()) > 0.9, shares


@needs_masks
def test_sectors_are_those_of_nsidc():
    """South of 62 degrees NSIDC's reach further, to Japan and off Nova Scotia; north of it ours hold all of theirs."""
    codes = np.fromfile(FOLDER / "region_n.msk", np.uint8)[300:].reshape(448, 304)[::-1]
    x, y = -3_837_500.0 + 25_000.0 * np.arange(304), -5_337_500.0 + 25_000.0 * np.arange(448)
    grid = Grid("north", pyproj.CRS("EPSG:3411"), x, y)
    masks = make_region_masks(grid, name_key="sector")
    sea, elsewhere = np.isin(codes, list(SECTORS)) & ~make_land_mask(grid), select(masks, ELSEWHERE)
    assert not (sea & elsewhere & (grid.lonlat()[1] > 62)).any()
    within = sea & ~elsewhere
    shares = {name: compare(select(masks, name), codes == code, within) for code, name in SECTORS.items()}
    assert min(shares.values()) > 0.85, shares


def test_polygons_of_a_user_are_found_on_either_side_of_180_degrees(tmp_path):
    """One file with longitudes up to 360, one with the polygon cut at 180 as RFC 7946 asks."""
    beyond = [[170, 75], [190, 75], [190, 80], [170, 80], [170, 75]]
    west = [[170, 75], [180, 75], [180, 80], [170, 80], [170, 75]]
    east = [[-180, 75], [-170, 75], [-170, 80], [-180, 80], [-180, 75]]
    grid = make_grid(24_000.0)
    one = make_region_masks(grid, write_features(tmp_path / "one.geojson", make_feature("a", beyond)))
    cut = make_region_masks(grid, write_features(tmp_path / "cut.geojson", make_feature("a", west, east)))
    assert one.names == cut.names == (ALL, "a", ELSEWHERE)
    assert (one.inside == cut.inside).all()
    geodesic, _ = pyproj.Geod(ellps="WGS84").polygon_area_perimeter(
        [170, *np.linspace(170, 190, 200), *np.linspace(190, 170, 200)], [75, *[75] * 200, *[80] * 200]
    )
    assert grid.compute_cell_area()[select(one, "a")].sum() == pytest.approx(abs(geodesic), rel=0.02)


def test_polygons_of_one_name_are_one_region_and_regions_beyond_the_grid_are_left_out(tmp_path):
    south = [[0, -80], [20, -80], [20, -75], [0, -75], [0, -80]]
    other = [[100, 80], [120, 80], [120, 85], [100, 85], [100, 80]]
    features = [make_feature("a", SQUARE), make_feature("south", south), make_feature("a", other)]
    masks = make_region_masks(make_grid(), write_features(tmp_path / "regions.geojson", *features))
    assert masks.names == (ALL, "a", ELSEWHERE)
    longitude, _ = make_grid().lonlat()
    assert (select(masks, "a") & (np.abs(longitude) < 20)).any() and (select(masks, "a") & (longitude > 100)).any()


def format_features(*features):
    return json.dumps({"type": "FeatureCollection", "features": list(features)})


CROSSED = [[0, 80], [9, 84], [9, 80], [0, 84], [0, 80]]
METRES = np.multiply(SQUARE, 10_000).tolist()
POINT = {"properties": {"name": "a"}, "geometry": {"type": "Point", "coordinates": [0, 80]}}
BROKEN = {"properties": {"name": "a"}, "geometry": {"type": "Polygon", "coordinates": [[[0, 1]]]}}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not a GeoJSON file"),
        ('{"type": "Polygon"}', "FeatureCollection"),
        (format_features(), "holds no polygon"),
        (format_features(make_feature(3, SQUARE)), "no property 'name'"),
        (format_features(make_feature("all", SQUARE)), "choose another"),
        (format_features(make_feature("a", METRES)), "EPSG:4326"),
        (format_features(make_feature("a", CROSSED)), "correct its corners"),
        (format_features(POINT), "none of Polygon, MultiPolygon"),
        (format_features(BROKEN), "coordinates do not form a polygon"),
    ],
)
def test_a_file_that_is_no_regions_is_refused_with_a_sentence(tmp_path, text, words):
    path = tmp_path / "regions.geojson"
    path.write_text(text)
    with pytest.raises(InputError, match=words) as refused:
        make_region_masks(make_grid(), path)
    assert refused.value.file == str(path)


def test_masks_are_read_as_they_were_written(tmp_path, small_grid):
    masks = make_region_masks(small_grid)
    write_region_masks(tmp_path / "regions.nc", masks, small_grid)
    read = read_region_masks(tmp_path / "regions.nc")
    assert read.names == masks.names and (read.inside == masks.inside).all()
