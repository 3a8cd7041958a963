from datetime import date

import numpy as np
from feature_days import make_grid_near_pole

from superice.dataset.layout import FIELDS, MASK_REASONS, write_observed_features
from superice.features.observed import ObservedDay
from superice.figures import observed_inputs
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


def test_a_product_is_shown_where_another_has_no_value(tmp_path, monkeypatch):
    grid = make_grid_near_pole()
    known, part = np.ones(grid.shape, np.float32), np.zeros(grid.shape, bool)
    part[:20] = True
    nothing = np.full(grid.shape, np.nan, np.float32)
    fields = {name: np.where(part, known, nothing) for name in FIELDS}
    beyond = {name: np.where(part, nothing, known) if name in ("sic", "sit") else nothing for name in FIELDS}
    observed = ObservedDay(fields, beyond, np.zeros(grid.shape, np.uint8), {}, 0, 0, 0)
    path = tmp_path / "sic_sit_e1_e2_20220412.npz"
    write_observed_features(
        path, path.with_suffix(".nc"), grid, date(2022, 4, 12), details={}, **observed.list_contents()
    )
    shown = {}
    monkeypatch.setattr(observed_inputs, "draw_observed_inputs", lambda day, grid, drawn: shown.update(drawn))
    observed_inputs.draw_from_files([path.with_suffix(".nc")])
    assert {name: int(np.isfinite(field).sum()) for name, field in shown.items() if name in FIELDS} == {
        "sic": part.size, "sit": part.size, "divergence": part.sum(), "shear": part.sum()
    }  # fmt: skip
