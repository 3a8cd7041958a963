from superice.evaluation.thin_ice_table import tabulate_thin_ice
from superice.figures.style import LOW_RESOLUTION, TRUTH
from superice.figures.thin_ice import draw_thin_ice


def test_thin_ice_has_the_truth_beside_every_experiment(experiment_scores):
    figure = draw_thin_ice(tabulate_thin_ice(day for days in experiment_scores.values() for day in days))
    skill, quantiles, shares = figure.axes
    assert {line.get_color() for line in quantiles.lines} >= {TRUTH, LOW_RESOLUTION}
    assert len(quantiles.lines) == 4
    assert max(skill.lines[0].get_ydata()) <= 1
    assert len(shares.patches) == 2 * 4
