from superice.evaluation.tables import tabulate_months, tabulate_regions
from superice.figures.by_region_and_month import SCORES, draw_scores_by_part


def test_regions_and_months_have_a_row_each(scored_days):
    figure = draw_scores_by_part(tabulate_regions(scored_days), tabulate_months(scored_days))
    assert len(figure.axes) == 2 * len(SCORES)
    labels = lambda axis: [label.get_text() for label in axis.get_xticklabels()]
    assert labels(figure.axes[0]) == ["all ice", "pack", "marginal"]
    assert labels(figure.axes[len(SCORES)]) == ["Nov", "Dec", "Jan"]
