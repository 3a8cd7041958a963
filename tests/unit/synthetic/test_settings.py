"""Settings of the synthetic Arctic and of the forced one: an unknown key is named."""

import pytest

from superice.errors import InputError
from superice.synthetic.settings import ForcedRunSettings, SyntheticSettings
from superice.utils.settings import build_settings


def test_an_unknown_setting_is_named():
    with pytest.raises(InputError, match=r"synthetic.ice: unknown key 'colour'"):
        build_settings(SyntheticSettings, {"ice": {"colour": 1}}, "synthetic")
    assert build_settings(SyntheticSettings, {"seed": 3}).seed == 3


def test_an_unknown_setting_of_the_forced_run_is_named():
    with pytest.raises(InputError, match=r"surrogate\.synthetic\.ice: unknown key 'crack'"):
        build_settings(ForcedRunSettings, {"ice": {"crack": 3}}, "surrogate.synthetic")
