"""The fields of a day: which pixels count."""

from datetime import date

import numpy as np

from superice.dataset.layout import FIELDS
from superice.features.day import Features

DAY = date(2022, 4, 12)


def test_the_mask_needs_every_input_and_ice():
    values = np.array([[1.0, 1.0, 1.0, 1.0, 0.1, 1.0]])
    fields = {name: values.copy() for name in FIELDS}
    for column, name in enumerate(FIELDS):
        fields[name][0, column] = np.nan
    assert Features(DAY, **fields).mask.tolist() == [[False, False, False, False, False, True]]
