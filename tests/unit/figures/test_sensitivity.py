import pandas as pd
import pytest

from superice.figures.sensitivity import draw_study


@pytest.fixture
def study():
    """Three experiments of a study below the low-resolution field, as in the table of studies."""
    rows = pd.DataFrame(
        {"experiment": ["low_resolution", "few", "reference", "many"], "value": ["", "10", "40", "100"]}
    )
    scores = {"rmse": [0.5, 0.3, 0.2, 0.1], "crps": 0.1, "fine_scale": 1.0, "seconds_per_member": 2.0}
    return rows.assign(study="steps", varies="sampler.steps", **scores)


def test_numbers_stand_at_their_values(study):
    axis = draw_study(study, "reference").axes[0]
    assert axis.get_xscale() == "log"
    assert [line.get_xdata()[0] for line in axis.lines if line.get_marker() == "o"] == [10, 40, 100]
    seeds = study.assign(value=["", "0", "1", "2"])
    assert draw_study(seeds, "reference").axes[0].get_xscale() == "linear"


def test_names_stand_beside_each_other(study):
    named = study.iloc[:3].assign(value=["", "sic sit", "sit"], varies="network.inputs")
    figure = draw_study(named, "reference")
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["sic\nsit", "sit"]
    assert figure.get_supxlabel() == "inputs"


def test_intervals_are_drawn_where_they_are_known(study):
    known = study.assign(rmse_lower=[None, 0.25, None, 0.05], rmse_upper=[None, 0.35, None, 0.15])
    lines = draw_study(known, "reference").axes[0].lines
    intervals = [list(line.get_ydata()) for line in lines if line.get_marker() == "None" and line.get_label()[0] == "_"]
    assert intervals == [[0.25, 0.35], [0.05, 0.15]]
