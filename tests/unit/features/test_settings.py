"""Settings of the features name what is wrong."""

import pytest

from superice.errors import InputError
from superice.features.settings import FeatureSettings, ObservationSettings
from superice.utils.settings import build_settings


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
