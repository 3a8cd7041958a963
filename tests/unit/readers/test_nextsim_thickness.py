"""neXtSIM thickness at moments: files, lattices, refusals."""

from datetime import datetime, timedelta

import numpy as np
import pytest
from product_files import write_moorings

from superice.errors import InputError
from superice.readers.nextsim_thickness import read_thickness

FIRST = datetime(2018, 1, 1)
MOMENTS = [FIRST + timedelta(hours=6 * n) for n in range(4)]


@pytest.fixture
def thickness(small_grid):
    """Thickness of the four moments in m, (time, y, x), with a corner of land."""
    values = np.random.default_rng(0).uniform(0.1, 4, (4, *small_grid.shape))
    values[:, :4, :6] = np.nan
    return values


def test_moments_are_read_in_the_order_that_is_asked_for(tmp_path, small_grid, thickness):
    write_moorings(tmp_path, small_grid, MOMENTS[:2], {"sit": thickness[:2]}, "first.nc")
    write_moorings(tmp_path, small_grid, MOMENTS[2:], {"sit": thickness[2:]}, "second.nc")
    order = [3, 0, 2, 1]
    read = list(read_thickness(tmp_path, [MOMENTS[n] for n in order], small_grid))
    np.testing.assert_allclose(read, thickness[order], rtol=1e-6)


def test_files_may_have_lattices_of_their_own(tmp_path, small_grid, thickness):
    """The same fields, once in a file that reaches further than the grid."""
    wide = small_grid.pad(3)
    beyond = np.pad(thickness[2:], ((0, 0), (3, 3), (3, 3)), constant_values=1.0)
    write_moorings(tmp_path, small_grid, MOMENTS[:2], {"sit": thickness[:2]}, "first.nc")
    write_moorings(tmp_path, wide, MOMENTS[2:], {"sit": beyond}, "second.nc")
    np.testing.assert_allclose(list(read_thickness(tmp_path, MOMENTS, small_grid)), thickness, rtol=1e-6)


def test_rounding_below_zero_is_raised_to_zero_and_more_is_refused(tmp_path, small_grid, thickness):
    thickness[:, 10, 10] = -5e-4
    path = write_moorings(tmp_path, small_grid, MOMENTS, {"sit": thickness}, "year.nc")
    read = list(read_thickness(tmp_path, MOMENTS, small_grid))
    assert [field[10, 10] for field in read] == [0] * 4
    thickness[2, 10, 10] = -0.1
    write_moorings(tmp_path, small_grid, MOMENTS, {"sit": thickness}, "year.nc")
    with pytest.raises(InputError, match="outside 0 to 20 m") as caught:
        list(read_thickness(tmp_path, MOMENTS, small_grid))
    assert (caught.value.file, caught.value.variable, caught.value.value) == (str(path), "sit", "-0.1 m")


def test_a_moment_without_a_file_is_refused_before_anything_is_read(tmp_path, small_grid, thickness):
    write_moorings(tmp_path, small_grid, MOMENTS[:2], {"sit": thickness[:2]}, "first.nc")
    with pytest.raises(InputError, match="2018-01-01 12:00 is not covered"):
        next(read_thickness(tmp_path, MOMENTS, small_grid))
