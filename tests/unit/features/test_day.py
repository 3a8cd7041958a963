"""The fields of a day: which pixels count."""

from datetime import date

import numpy as np
import pytest

from superice.dataset.layout import FIELDS
from superice.errors import InputError
from superice.features.day import Features
from superice.features.settings import FeatureSettings, ObservationSettings
from superice.utils.settings import build_settings

DAY = date(2022, 4, 12)


def test_the_mask_needs_every_input_and_ice():
    values = np.array([[1.0, 1.0, 1.0, 1.0, 0.1, 1.0]])
    fields = {name: values.copy() for name in FIELDS}
    for column, name in enumerate(FIELDS):
        fields[name][0, column] = np.nan
    assert Features(DAY, **fields).mask.tolist() == [[False, False, False, False, False, True]]


def test_settings_name_what_is_wrong():
    how = build_settings(
        FeatureSettings, {"sic_threshold": 0.3, "observations": {"thickness_kind": "cell_mean"}}, "features"
    )
    assert (how.sic_threshold, how.observations.thickness_kind) == (0.3, "cell_mean")
    with pytest.raises(InputError, match=r"features\.observations: unknown key 'regriding'"):
        build_settings(FeatureSettings, {"observations": {"regriding": "spline"}}, "features")
    with pytest.raises(InputError, match="features: unknown key 'floor'"):
        build_settings(FeatureSettings, {"floor": 1}, "features")
    with pytest.raises(InputError, match="known are in_ice, cell_mean"):
        ObservationSettings(thickness_kind="effective")
