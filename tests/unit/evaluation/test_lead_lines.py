"""Leads of known length and direction."""

from datetime import date

import numpy as np
import pytest

from superice.evaluation.date_scores import score_date
from superice.evaluation.lead_lines import Leads, find_lead_lines, find_lead_pixels
from superice.fields.box_filter import box_sum

SHAPE = (128, 128)
CELLS_KM = np.full(SHAPE, 3.0)
DAY = date(2023, 1, 4)


def band(angle, half_length, half_width=1.5, centre=(64, 64)):
    """Pixels of a straight band: direction in degrees from the x axis, half length and half width in pixels."""
    y, x = np.indices(SHAPE) - np.array(centre)[:, None, None]
    along = np.cos(np.radians(angle)) * x + np.sin(np.radians(angle)) * y
    across = -np.sin(np.radians(angle)) * x + np.cos(np.radians(angle)) * y
    return (np.abs(along) <= half_length) & (np.abs(across) <= half_width)


def fraction(field, mask, width, share):
    return find_lead_pixels(field, mask, box_sum(mask, width), width, share)[mask].mean()


@pytest.mark.parametrize("angle", [0, 20, 45, 90, 135, 160])
def test_a_lead_has_its_length_and_direction(angle):
    found = find_lead_lines(band(angle, half_length=40), CELLS_KM, shortest_km=15.0)
    assert found.length_km == pytest.approx([3 * 81], rel=0.05)
    apart = (found.direction - angle + 90) % 180 - 90
    assert apart == pytest.approx([0], abs=1.5)


def test_crossing_leads_are_cut_at_the_crossing_and_keep_their_directions():
    found = find_lead_lines(band(30, 40) | band(120, 40), CELLS_KM, 15.0)
    assert sorted(found.direction) == pytest.approx([30, 30, 120, 120], abs=4)
    assert found.length_km.sum() == pytest.approx(2 * 3 * 81, rel=0.1)


def test_blots_are_no_leads():
    assert find_lead_lines(band(0, 2, 2), CELLS_KM, 15.0).length_km.size == 0
    assert find_lead_lines(np.zeros(SHAPE, bool), CELLS_KM, 15.0).length_km.size == 0


def test_classes_of_direction_are_around_their_middles():
    leads = Leads(np.array([10.0, 20.0, 40.0]), np.array([177.0, 4.0, 91.0]))
    lengths = leads.sum_by_direction(12)
    assert lengths[[0, 6]].tolist() == [30.0, 40.0] and lengths.sum() == 70


def test_leads_are_counted_against_the_ice_around_them():
    everywhere = np.ones(SHAPE, bool)
    lead = np.full(SHAPE, 4.0)
    assert fraction(lead, everywhere, 11, 0.5) == 0
    assert fraction(np.full(SHAPE, 0.4), everywhere, 11, 0.5) == 0
    lead[:, 40:42] = 1.5
    assert fraction(lead, everywhere, 11, 0.5) == 2 / 128
    # Thinner than half of what is around: 1.5 m against (2 * 1.5 + 9 * 4) / 11 = 3.5 m, but not 1.9 m.
    lead[:, 40:42] = 1.9
    assert fraction(lead, everywhere, 11, 0.5) == 0


def test_open_water_beyond_the_mask_makes_no_lead():
    mask = np.ones(SHAPE, bool)
    mask[:, 32:] = False
    assert fraction(np.where(mask, 1.0, np.nan), mask, 11, 0.9) == 0


def test_leads_of_truth_and_members():
    truth = np.where(band(60, 30), 0.3, 2.0)
    members = np.stack([np.where(band(150, 30), 0.3, 2.0), np.full(SHAPE, 2.0)])
    scores = score_date(members, truth, np.full(SHAPE, 2.0), DAY, 3.0)
    area = 128 * 128 * 9 / 1000
    assert scores.lead_number.values == pytest.approx([10 / area, 5 / area, 0])
    # A skeleton may end half a width, here 1.5 pixels, before the lead does.
    assert scores.lead_length.sel(source="generated").values == pytest.approx([183, 183], abs=2 * 1.5 * 3 + 1)
    assert np.isnan(scores.lead_length.sel(source="low_resolution")).all()
    density = scores.lead_density.to_pandas()
    assert density.idxmax(axis=1)[["truth", "generated"]].tolist() == [60, 150]
    assert density.sum(axis=1)["generated"] == pytest.approx(183 / 2 / area, rel=0.06)


def test_leads_are_counted_on_the_area_of_the_earth():
    """A map that enlarges lengths by 5 % and areas by 10 % changes neither numbers nor lengths on the Earth."""
    truth = np.where(band(60, 30), 0.3, 2.0)
    arguments = truth[None], truth, truth, DAY
    on_map = score_date(*arguments, 3.0)
    enlarged = score_date(*arguments, 3.0, cell_area=np.full(SHAPE, (3000 / 1.05) ** 2))
    assert enlarged.lead_number.values == pytest.approx(1.05**2 * on_map.lead_number.values)
    assert enlarged.lead_length.values == pytest.approx(on_map.lead_length.values / 1.05)
    assert enlarged.lead_density.values == pytest.approx(1.05 * on_map.lead_density.values)
