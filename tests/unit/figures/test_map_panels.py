import numpy as np

from superice.figures.map_panels import crop_grid, make_graticule, trace_coastline


def test_a_window_keeps_its_rows_and_columns(small_grid):
    part = crop_grid(small_grid, (slice(2, 5), slice(10, 14)))
    assert part.shape == (3, 4)
    assert part.x.tolist() == small_grid.x[10:14].tolist()
    assert part.y.tolist() == small_grid.y[2:5].tolist()


def test_the_coastline_runs_between_land_and_sea(small_grid):
    land = np.zeros(small_grid.shape, dtype=bool)
    land[:, :10] = True
    (line,) = trace_coastline(small_grid, land)
    assert np.allclose(line[:, 0], small_grid.x[:10][-1] + small_grid.step / 2)


def test_the_graticule_stays_on_the_grid(small_grid):
    left, bottom, right, top = small_grid.extent()
    points = np.concatenate(make_graticule(small_grid))
    points = points[np.isfinite(points[:, 0])]
    assert len(points) > 0
    assert points[:, 0].min() >= left and points[:, 0].max() <= right
    assert points[:, 1].min() >= bottom and points[:, 1].max() <= top
