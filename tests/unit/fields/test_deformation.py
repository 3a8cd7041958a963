"""Strain rates of fields whose gradients are known."""

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superice.fields.deformation import (
    contour_deformation,
    drift_deformation,
    drift_deformation_uncertainty,
    gradient_deformation,
    make_contour_grid,
    polar_map_scale,
    rotate_velocity,
    total_deformation,
)
from superice.fields.grid import Grid

SPACING = 62_500.0
rates = st.floats(-1e-5, 1e-5, allow_nan=False)


def linear(ux, uy, vx, vy, shape=(7, 9), spacing=SPACING):
    x, y = spacing * np.arange(shape[1]), spacing * np.arange(shape[0])[:, None]
    return 0.1 + ux * x + uy * y, -0.2 + vx * x + vy * y


def nodes(shape=(7, 9)):
    return SPACING * np.arange(shape[1]), SPACING * np.arange(shape[0])[:, None]


@given(rates, rates, rates, rates, st.sampled_from([1, 2, 3]))
def test_a_linear_field_has_its_exact_gradients(ux, uy, vx, vy, cells):
    divergence, shear = contour_deformation(*linear(ux, uy, vx, vy), *nodes(), cells)
    assert divergence.shape == (7 - cells, 9 - cells)
    np.testing.assert_allclose(divergence, ux + vy, atol=1e-16)
    np.testing.assert_allclose(shear, np.hypot(ux - vy, uy + vx), atol=1e-16)


@given(rates, rates, rates, rates, st.integers(0, 2**32 - 1), st.integers(4, 7))
def test_a_contour_with_gaps_still_has_the_exact_gradients_of_a_linear_field(ux, uy, vx, vy, seed, fewest):
    u, v = linear(ux, uy, vx, vy)
    u[np.random.default_rng(seed).random(u.shape) < 0.2] = np.nan
    divergence, shear = contour_deformation(u, v, *nodes(), 2, fewest_points=fewest)
    known = np.isfinite(divergence)
    np.testing.assert_allclose(divergence[known], ux + vy, atol=1e-15)
    np.testing.assert_allclose(shear[known], np.hypot(ux - vy, uy + vx), atol=1e-15)


def test_a_complete_contour_is_asked_for_and_its_middle_is_not():
    u, v = linear(1e-6, 0, 0, 1e-6)
    u[3, 4] = np.nan
    divergence, _ = contour_deformation(u, v, *nodes())
    missing = np.isnan(divergence)
    expected = np.zeros_like(missing)
    expected[1:4, 2:5] = True
    expected[2, 3] = False
    np.testing.assert_array_equal(missing, expected)


def test_the_gaps_that_a_smaller_contour_closes():
    u, v = linear(1e-6, 0, 0, 1e-6)
    u[3, 4] = np.nan
    assert not np.isnan(contour_deformation(u, v, *nodes(), fewest_points=7)[0]).any()


def test_the_contours_of_a_quadratic_field_follow_the_contour_integral():
    """For u = x^2 the mean of du/dx over a block is exact: opposite sides have constant u."""
    x = SPACING * np.arange(6)
    u = np.broadcast_to(x**2, (5, 6)).copy()
    divergence, _ = contour_deformation(u, np.zeros_like(u), *nodes((5, 6)))
    np.testing.assert_allclose(divergence, np.broadcast_to(2 * x[1:-1], (3, 4)))


def test_contour_grid_lies_in_the_middle_of_the_blocks():
    grid = Grid("g", pyproj.CRS(3413), np.arange(5) * SPACING, np.arange(4) * SPACING)
    np.testing.assert_array_equal(make_contour_grid(grid).x, grid.x[1:-1])
    np.testing.assert_array_equal(make_contour_grid(grid, 1).y, grid.y[:-1] + SPACING / 2)


def test_central_differences_are_exact_for_linear_fields_up_to_the_edges_of_gaps():
    u, v = linear(2e-6, -1e-6, 3e-6, 1e-6)
    u[2, 3] = np.nan
    divergence, shear = gradient_deformation(u, v, SPACING)
    known = np.ones(u.shape, bool)
    known[2, 3] = False
    np.testing.assert_array_equal(np.isfinite(divergence), known)
    np.testing.assert_allclose(divergence[known], 3e-6)
    np.testing.assert_allclose(shear[known], np.hypot(1e-6, 2e-6))


def test_an_isolated_cell_has_no_deformation():
    u = np.full((5, 5), np.nan)
    u[2, 2] = 1.0
    assert np.isnan(gradient_deformation(u, u, SPACING)[0]).all()


@pytest.fixture(scope="module")
def polar_grid():
    crs = pyproj.CRS("+proj=stere +lat_0=90 +lat_ts=90 +lon_0=-45 +R=6378273")
    axis = 10_000.0 * np.arange(-150, 151)
    return Grid("polar", crs, axis, axis)


def test_map_scale_is_that_of_the_stereographic_sphere(polar_grid):
    _, latitude = polar_grid.lonlat()
    expected = 2 / (1 + np.sin(np.radians(latitude)))
    np.testing.assert_allclose(polar_map_scale(polar_grid), expected, rtol=1e-5)


@pytest.mark.parametrize("code", [3413, 5936, 32661])
def test_map_scale_is_that_of_the_projection_wherever_its_origin_lies(code):
    crs = pyproj.CRS.from_epsg(code)
    x, y = pyproj.Proj(crs)(30.0, 78.0)
    grid = Grid("any", crs, x + 10e3 * np.arange(-40, 40), y + 10e3 * np.arange(-40, 40))
    expected = pyproj.Proj(crs).get_factors(*grid.lonlat()).parallel_scale
    np.testing.assert_allclose(polar_map_scale(grid), expected, rtol=1e-5)


def test_a_rigid_rotation_of_the_earth_about_the_pole_does_not_deform(polar_grid):
    """Speed over ground is omega R cos(latitude), eastwards; on the map that is a rigid rotation."""
    _, latitude = polar_grid.lonlat()
    speed = 1e-6 * 6378273 * np.cos(np.radians(latitude))
    angle = np.arctan2(polar_grid.y[:, None], polar_grid.x)
    u, v = -speed * np.sin(angle), speed * np.cos(angle)
    divergence, shear = gradient_deformation(u, v, 10_000.0, polar_map_scale(polar_grid))
    inside = (slice(1, -1), slice(1, -1))
    assert np.abs(divergence[inside]).max() < 1e-11
    assert np.abs(shear[inside]).max() < 1e-11
    assert np.abs(gradient_deformation(u, v, 10_000.0)[1][inside]).max() > 1e-8


def test_a_spread_from_the_pole_has_the_divergence_of_the_sphere(polar_grid):
    """A southward speed c cos(latitude) diverges by -2 c sin(latitude) / R times minus one: div = (2 c / R) sin."""
    _, latitude = polar_grid.lonlat()
    phi, c, radius = np.radians(latitude), 0.5, 6378273.0
    speed = c * np.cos(phi)
    angle = np.arctan2(polar_grid.y[:, None], polar_grid.x)
    divergence, _ = gradient_deformation(
        speed * np.cos(angle), speed * np.sin(angle), 10_000.0, polar_map_scale(polar_grid)
    )
    inside = (slice(1, -1), slice(1, -1))
    np.testing.assert_allclose(divergence[inside], (2 * c / radius * np.sin(phi))[inside], rtol=2e-4)


def test_total_deformation():
    assert total_deformation(np.float64(3e-7), np.float64(-4e-7)) == pytest.approx(5e-7)


EASE2 = pyproj.CRS("+proj=laea +lat_0=90 +lon_0=0 +datum=WGS84")
POLAR = pyproj.CRS("+proj=stere +lat_0=90 +lat_ts=90 +lon_0=-45 +R=6378273")


@pytest.fixture(scope="module")
def ease2():
    axis = 75_000.0 * np.arange(-30, 31)
    return Grid("ease2", EASE2, axis, axis)


def test_turned_components_lead_to_the_turned_positions(ease2):
    """At the pole a map of central meridian 0 is turned by 45 degrees against one of -45; nothing is stretched."""
    u, v = np.full(ease2.shape, 0.3), np.full(ease2.shape, -0.1)
    x, y, turned_u, turned_v = rotate_velocity(POLAR, u, v, ease2)
    pole = (30, 30)
    assert abs(x[pole]) < 1e-6 and abs(y[pole]) < 1e-6
    half = np.sqrt(0.5)
    np.testing.assert_allclose(turned_u[pole], half * (0.3 - -0.1), rtol=5e-3)
    np.testing.assert_allclose(turned_v[pole], half * (0.3 + -0.1), rtol=5e-3)


def test_a_rigid_rotation_of_the_earth_does_not_deform_on_ease2(ease2):
    u, v = -1e-6 * ease2.y[:, None] + 0 * ease2.x, 1e-6 * ease2.x + 0 * ease2.y[:, None]
    divergence, shear = drift_deformation(u, v, ease2, POLAR)
    assert np.abs(divergence).max() < 1e-11 and np.abs(shear).max() < 1e-11


def test_a_known_strain_over_ground_is_found_on_ease2_and_missed_on_its_map(ease2):
    """A strain of the conformal plane, given in components of the EASE2 map, comes back; the map itself is 3 % off."""
    to_ease2 = pyproj.Transformer.from_crs(POLAR, EASE2, always_xy=True)
    to_polar = pyproj.Transformer.from_crs(EASE2, POLAR, always_xy=True)
    x, y = to_polar.transform(*np.meshgrid(ease2.x, ease2.y))
    rate, step = 1e-6, 60.0
    ends = to_ease2.transform(x + step * rate * x, y - step * rate * y)
    u, v = ((end - start) / step for end, start in zip(ends, np.meshgrid(ease2.x, ease2.y), strict=True))
    divergence, shear = drift_deformation(u, v, ease2, POLAR)
    np.testing.assert_allclose(shear, 2 * rate, rtol=1e-4)
    assert np.abs(divergence).max() < 2e-10
    _, on_the_map = contour_deformation(u, v, ease2.x, ease2.y[:, None])
    at_70_north = (0, on_the_map.shape[1] // 2)
    assert abs(on_the_map[at_70_north] / (2 * rate) - 1) > 0.01


def test_a_vector_that_is_missing_stays_missing_on_the_other_map(ease2):
    u = np.full(ease2.shape, 0.1)
    u[3, 4] = np.nan
    _, _, turned, _ = rotate_velocity(POLAR, u, u, ease2)
    assert np.isnan(turned[3, 4]) and np.isfinite(turned).sum() == u.size - 1


@pytest.mark.parametrize("cells", [1, 2, 3])
def test_the_uncertainty_of_the_deformation_is_the_deviation_of_repeated_drifts(cells):
    """2,000 drifts with independent errors of a node around a strong strain: 2 % of a standard deviation."""
    grid = Grid("drift", pyproj.CRS("EPSG:3411"), SPACING * np.arange(5), SPACING * np.arange(6))
    error, random = 4e-3, np.random.default_rng(0)
    u, v = linear(2e-6, 1e-6, 0, 1e-6, shape=grid.shape)
    deformations = []
    for _ in range(2000):
        noise = error * random.standard_normal((2, *grid.shape))
        deformations.append(total_deformation(*drift_deformation(u + noise[0], v + noise[1], grid, grid.crs, cells)))
    stated = drift_deformation_uncertainty(np.full(grid.shape, error), grid, cells)
    assert stated.shape == make_contour_grid(grid, cells).shape
    np.testing.assert_allclose(stated, np.std(deformations, axis=0).mean(), rtol=0.05)


def test_the_uncertainty_of_the_deformation_takes_the_nodes_that_state_one():
    grid = Grid("drift", pyproj.CRS("EPSG:3411"), SPACING * np.arange(5), SPACING * np.arange(6))
    stated = np.full(grid.shape, 4e-3)
    stated[:, 0] = np.nan
    whole = drift_deformation_uncertainty(np.full(grid.shape, 4e-3), grid)
    np.testing.assert_allclose(drift_deformation_uncertainty(stated, grid), whole)
    stated[:4, :4] = np.nan
    assert np.argwhere(np.isnan(drift_deformation_uncertainty(stated, grid))).tolist() == [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
    ]
