"""Settings of the surrogate that cannot be used are refused."""

import pytest

from superice.errors import InputError
from superice.surrogate.settings import InputSettings


def test_inputs_that_cannot_be_rolled_out_are_refused():
    with pytest.raises(InputError, match="states_h: multiples of the step"):
        InputSettings(states_h=(0, -6))
    with pytest.raises(InputError, match="forcings_h: none after the step"):
        InputSettings(forcings_h=(0, 24))
