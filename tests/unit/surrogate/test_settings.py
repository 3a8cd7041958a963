"""Settings of the surrogate that cannot be used are refused."""

import pytest

from superice.errors import InputError
from superice.surrogate.settings import InputSettings, SurrogateNetworkSettings


@pytest.mark.parametrize("states", [(0, -24), (0, -24, -12), (0, 0), (-12, 0), (-12,)])
def test_states_that_a_roll_out_would_take_for_others_are_refused(states):
    """A roll-out shifts its states by a step: the second is the one a step ago, whatever the settings call it."""
    with pytest.raises(InputError, match="states_h: 0"):
        InputSettings(states_h=states)
    assert InputSettings(states_h=(0, -6, -12), step_hours=6, forcings_h=(0, 6)).states_h == (0, -6, -12)


def test_a_kernel_without_a_middle_is_refused():
    """Its convolution would return a field of another size."""
    with pytest.raises(InputError, match=r"surrogate\.network\.kernel: an odd number"):
        SurrogateNetworkSettings(kind="residual", kernel=4)


def test_inputs_that_cannot_be_rolled_out_are_refused():
    with pytest.raises(InputError, match=r"states_h: 0, -12: every state .* step by step \(found \(0, -6\)\)"):
        InputSettings(states_h=(0, -6))
    with pytest.raises(InputError, match="forcings_h: none after the step"):
        InputSettings(forcings_h=(0, 24))
