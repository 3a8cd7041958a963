import numpy as np
import pytest

from superice.fields.land import find_land


def test_land_is_that_of_the_package_that_holds_the_mask():
    from global_land_mask import globe

    random = np.random.default_rng(0)
    longitude, latitude = random.uniform(-180, 180, (300, 400)), random.uniform(-90, 90, (300, 400))
    longitude[0, :3], latitude[0, :3] = (-180, 180, 179.999), (90, -90, -89.999)
    np.testing.assert_array_equal(find_land(longitude, latitude), globe.is_land(latitude, longitude))


@pytest.mark.parametrize(
    ("place", "longitude", "latitude", "land"), [("Greenland", -40, 75, True), ("pole", 0, 90, False)]
)
def test_known_places(place, longitude, latitude, land):
    assert find_land(np.array([longitude]), np.array([latitude])).tolist() == [land], place
