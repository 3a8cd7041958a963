import numpy as np

from superice.dataset.layout import MASK_REASONS
from superice.figures.observed_inputs import SHOWN_REASONS, find_first_reason


def test_the_first_reason_that_applies_is_shown():
    bits = {name: bit for bit, name in MASK_REASONS.items()}
    mask_reason = np.array(
        [[0, bits["land"] | bits["drift_missing"]], [bits["drift_missing"], bits["thickness_missing"]]]
    )
    names = [reason.name for reason in SHOWN_REASONS]
    expected = [[len(names), names.index("land")], [names.index("drift_missing"), names.index("thickness_missing")]]
    assert find_first_reason(mask_reason).tolist() == expected


def test_every_reason_of_the_files_is_shown():
    assert {reason.name for reason in SHOWN_REASONS} == set(MASK_REASONS.values())
