"""A small closed sea of the forced synthetic Arctic, and its weather."""

from datetime import datetime

import numpy as np
import pyproj

from superice.fields.grid import Grid
from superice.synthetic.settings import WeatherSettings
from superice.synthetic.weather import Weather

CRS = pyproj.CRS("+proj=stere +lat_0=90 +lat_ts=90 +lon_0=-45 +R=6378273")
GRID = Grid("sea", CRS, 12e3 * np.arange(-20, 24), -600e3 + 12e3 * np.arange(40))


def make_weather(grid, steps=200):
    """Return the weather at the points of a grid from 2010 on."""
    points = np.meshgrid(grid.x / 1000, grid.y / 1000)
    return Weather(WeatherSettings(), 0, datetime(2010, 1, 1), steps, 12, *points)
