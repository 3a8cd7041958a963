"""Volumes of one date: a constant field against the geodesic area, and sums that must agree."""

import runpy

import numpy as np
import pyproj
import pytest
from feature_days import DAY, ROOT, make_grid_near_pole
from hypothesis import given, settings
from hypothesis import strategies as st

from superice.dataset.layout import FIELDS, describe_cell_area, write_observed_features
from superice.evaluation.volume import IceCover, compute_volumes, find_model_cover, find_observed_cover
from superice.fields.grid import Grid
from superice.fields.regions import RegionMasks, make_region_masks, write_region_masks
from superice.utils.netcdf import FileContent, Variable, read_content, write_content

SHAPE = (6, 7)
PARTS = np.arange(42).reshape(SHAPE) % 3


def make_regions():
    return RegionMasks(("all", "a", "b", "c"), np.stack([np.ones(SHAPE, bool), *(part == PARTS for part in range(3))]))


def make_cover(ice, unknown=None):
    unknown = np.zeros(SHAPE, bool) if unknown is None else unknown
    return IceCover(ice, ~ice & ~unknown, unknown)


@pytest.mark.parametrize("projection", ["+proj=stere +lat_0=90 +lat_ts=90 +lon_0=-45 +R=6378273", "EPSG:6931"])
def test_volume_of_a_constant_field_is_the_geodesic_area_times_the_thickness(projection):
    """2 m of ice on a square of 600 km beside the pole, whose outline is followed on the ellipsoid."""
    axis = 200_000.0 + 3000.0 * np.arange(200)
    grid = Grid("square", pyproj.CRS(projection), axis, axis)
    low, high = axis[0] - 1500, axis[-1] + 1500
    side = np.linspace(low, high, 400)
    x = np.r_[side, np.full(400, high), side[::-1], np.full(400, low)]
    y = np.r_[np.full(400, low), side, np.full(400, high), side[::-1]]
    outline = pyproj.Proj(grid.crs)(x, y, inverse=True)
    area, _ = pyproj.Geod(ellps="WGS84").polygon_area_perimeter(*outline)
    field, ice = np.full(grid.shape, 2.0, np.float32), np.ones(grid.shape, bool)
    cover = IceCover(ice, ~ice, ~ice)
    sums = compute_volumes(
        np.stack([field] * 3), field, field, cover, grid.compute_cell_area(), make_region_masks(grid), (0.5, 3.0)
    )
    volume_km3 = abs(area) * 2 / 1e9
    assert sums["volume"][0] == pytest.approx([volume_km3] * 3, rel=1e-5)
    assert sums["low_resolution_volume"][0] == pytest.approx(volume_km3, rel=1e-5)
    assert sums["truth_volume"][0] == pytest.approx(volume_km3, rel=1e-5)
    assert sums["extent"][0] == pytest.approx(abs(area) / 1e6, rel=1e-5)
    assert sums["thin_ice_area"][0] == pytest.approx(np.outer([0, abs(area) / 1e6], np.ones(3)), rel=1e-5)
    assert sums["volume"][1:].sum(axis=0) == pytest.approx(sums["volume"][0], rel=1e-12)


@st.composite
def draw_dates(draw):
    """Return members, low-resolution field, truth, cover and cell areas with gaps anywhere."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    gaps = draw(st.floats(0, 1))
    members = random.gamma(2, 1, (draw(st.integers(1, 5)), *SHAPE))
    members[:, random.random(SHAPE) < gaps] = np.nan
    low, truth = random.gamma(2, 1, (2, *SHAPE))
    truth[random.random(SHAPE) < draw(st.floats(0, 0.5))] = np.nan
    cover = make_cover(random.random(SHAPE) < 0.8)
    return members, low, truth if draw(st.booleans()) else None, cover, random.uniform(8e6, 9e6, SHAPE)


@given(draw_dates())
@settings(max_examples=50, deadline=None)
def test_volume_of_the_mean_is_the_mean_of_the_volumes_and_regions_add_up(date):
    members, low, truth, cover, cell_area = date
    sums = compute_volumes(members, low, truth, cover, cell_area, make_regions(), (1.0,))
    of_mean = compute_volumes(members.mean(axis=0)[None], low, truth, cover, cell_area, make_regions(), (1.0,))
    assert of_mean["volume"][:, 0] == pytest.approx(sums["volume"].mean(axis=1), rel=1e-12, nan_ok=True)
    for name in ("counted_area", "area_without_ensemble", "unknown_area", "extent"):
        assert sums[name][0] == pytest.approx(sums[name][1:].sum(), rel=1e-12)
    for name in sums.variables.keys() - {"region", "thin_ice", "counted_area", "extent"}:
        # A region without a known volume adds nothing to what is known of all.
        assert np.nansum(sums[name][1:], axis=0) == pytest.approx(np.nan_to_num(sums[name][0]), rel=1e-12)


def test_ice_without_an_ensemble_has_an_area_and_no_volume():
    """Region a has half of its ensemble, b none, c no ice; a zero would be no volume of either a's gaps or b."""
    ice = PARTS < 2
    members = np.where(ice, 2.0, np.nan) * np.ones((3, 1, 1))
    members[:, PARTS == 1] = np.nan
    first_half = (PARTS == 0) & (np.arange(42).reshape(SHAPE) < 21)
    members[:, (PARTS == 0) & ~first_half] = np.nan
    sums = compute_volumes(members, np.full(SHAPE, 2.0), None, make_cover(ice), np.full(SHAPE, 9e6), make_regions())
    assert sums["volume"][1] == pytest.approx(7 * 2 * 9e6 / 1e9 * np.ones(3))
    assert np.isnan(sums["volume"][2]).all() and np.isnan(sums["low_resolution_volume"][2])
    assert (sums["volume"][3] == 0).all()
    assert sums["area_without_ensemble"] == pytest.approx([7 * 9 + 14 * 9, 7 * 9, 14 * 9, 0])
    assert sums["extent"] == pytest.approx([28 * 9, 14 * 9, 14 * 9, 0])
    assert "truth_volume" not in sums.variables


def test_a_pixel_counts_only_where_the_truth_is_known_too():
    truth = np.where(PARTS == 0, 1.0, np.nan)
    members, ice = np.full((2, *SHAPE), 3.0), np.ones(SHAPE, bool)
    sums = compute_volumes(members, members[0], truth, make_cover(ice), np.full(SHAPE, 1e6), make_regions())
    assert sums["truth_volume"][0] == pytest.approx(14 * 1e6 / 1e9)
    assert sums["volume"][0] == pytest.approx(3 * 14 * 1e6 / 1e9 * np.ones(2))
    assert sums["area_without_ensemble"][0] == pytest.approx(28)


def test_an_ensemble_may_reach_beyond_the_low_resolution_field():
    """What is drawn from inputs that are partly missing counts; the input then has no sum that could stand beside it."""
    members, ice = np.full((2, *SHAPE), 3.0), np.ones(SHAPE, bool)
    low = np.where(PARTS == 0, np.nan, 0.2)
    sums = compute_volumes(members, low, None, make_cover(ice), np.full(SHAPE, 1e9), make_regions(), (0.5,))
    assert sums["volume"][0] == pytest.approx([42 * 3, 42 * 3])
    assert np.isnan(sums["low_resolution_volume"]).tolist() == [True, True, False, False]
    assert np.isnan(sums["low_resolution_thin_ice_area"][:, 0]).tolist() == [True, True, False, False]
    assert (sums["area_without_ensemble"] == 0).all()


def test_a_date_of_which_nothing_is_known_has_neither_volume_nor_extent():
    nothing = np.full(SHAPE, np.nan)
    cover = find_model_cover(nothing, 0.15)
    sums = compute_volumes(np.stack([nothing] * 2), nothing, nothing, cover, np.full(SHAPE, 9e6), make_regions())
    assert np.isnan(sums["volume"]).all() and np.isnan(sums["extent"]).all()
    assert sums["unknown_area"][0] == pytest.approx(42 * 9)


def test_cover_of_a_model_day_takes_gaps_for_land():
    cover = find_model_cover(np.array([np.nan, 0.1, 0.15, 0.9]), 0.15)
    assert cover.ice.tolist() == [False, False, False, True]
    assert cover.water.tolist() == [False, True, True, False]
    assert not cover.unknown.any()


def test_cover_of_an_observed_day_follows_from_the_reasons_of_its_mask():
    """Bits: 1 thickness, 2 concentration, 4 drift, 8 land, 16 open water."""
    cover = find_observed_cover(np.array([0, 1, 4, 5, 2, 7, 8, 12, 10, 16, 21], np.int8))
    assert cover.ice.tolist() == [True] * 4 + [False] * 7
    assert cover.unknown.tolist() == [False] * 4 + [True] * 2 + [False] * 5
    assert cover.water.tolist() == [False] * 9 + [True] * 2


def test_an_observed_day_has_a_low_resolution_volume_where_its_members_reach_beyond_the_drift(tmp_path, monkeypatch):
    """Members of a network with partly missing inputs are drawn where the thickness is known, as is the low resolution."""
    grid = make_grid_near_pole()
    values = np.full(grid.shape, 2.0, np.float32)
    hole = np.zeros(grid.shape, bool)
    hole[:20] = True
    fields = {name: np.where(hole, np.nan, 1e-7 if name in ("divergence", "shear") else values / 2) for name in FIELDS}
    beyond = {name: np.where(hole & (name in ("sic", "sit")), values / 2, np.nan) for name in FIELDS}
    arrays, described = tmp_path / "sic_sit_e1_e2_20220412.npz", tmp_path / "sic_sit_e1_e2_20220412.nc"
    write_observed_features(arrays, described, grid, DAY, fields, np.where(hole, 4, 0).astype(np.uint8), {}, beyond)
    members = {"sit_ai": Variable(("member", "y", "x"), np.stack([values, values]), {})}
    write_content(tmp_path / "drawn.nc", FileContent(members | {"cell_area": describe_cell_area(grid)}, (), {}))
    masks = RegionMasks(("all",), np.ones((1, *grid.shape), bool))
    write_region_masks(tmp_path / "regions.nc", masks, grid)
    (tmp_path / "volume.yaml").write_text("{sic_threshold: 0.15, thin_ice_m: [0.5]}")
    options = {
        "prediction": tmp_path / "drawn.nc",
        "features": arrays,
        "mask-reasons": described,
        "regions": tmp_path / "regions.nc",
        "date": DAY,
        "settings": tmp_path / "volume.yaml",
        "output": tmp_path / "volume.nc",
    }
    monkeypatch.setattr("sys.argv", ["volume_date", *(f"--{key}={value}" for key, value in options.items())])
    runpy.run_path(str(ROOT / "workflow/scripts/volume_date.py"), run_name="__main__")
    sums = read_content(tmp_path / "volume.nc", ("volume", "low_resolution_volume", "area_without_ensemble"))
    assert sums["low_resolution_volume"] == pytest.approx(sums["volume"][:, 0] / 2) and sums["volume"][0, 0] > 0
    assert sums["area_without_ensemble"][0] == 0
