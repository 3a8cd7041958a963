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


def test_a_mask_of_partly_missing_inputs_needs_a_thickness_and_ice():
    nan = np.nan
    fields = {
        "sic": np.array([[1.0, nan, nan, 1.0, 0.1, 1.0]]),
        "sit": np.array([[1.0, 1.0, 0.0, nan, 1.0, 0.0]]),
        "divergence": np.full((1, 6), nan),
        "shear": np.full((1, 6), nan),
    }
    assert Features(DAY, **fields, partly_missing=True).mask.tolist() == [[True, True, False, False, False, True]]
    assert not Features(DAY, **fields).mask.any()
