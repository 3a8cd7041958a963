"""The weather of the forced synthetic Arctic."""

from datetime import datetime

import numpy as np
from forced_sea import GRID, make_weather

from superice.synthetic.settings import WeatherSettings
from superice.synthetic.weather import Weather


def test_weather_is_the_same_whoever_asks():
    """On the grid and at single points, in a longer run as in a shorter one up to its end."""
    whole, part = make_weather(GRID), Weather(
        WeatherSettings(), 0, datetime(2010, 1, 1), 200, 12, GRID.x[[3, 9]] / 1000, GRID.y[[3, 9]] / 1000
    )  # fmt: skip
    for step in (0, 77):
        assert np.allclose(whole.wind(step)[0][[3, 9], [3, 9]], part.wind(step)[0])
        assert np.allclose(whole.temperature(step)[[3, 9], [3, 9]], part.temperature(step))
