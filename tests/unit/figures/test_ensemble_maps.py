"""Maps have the panels they promise; a day without data is named, not drawn."""

from datetime import date

import numpy as np
from figure_data import read_titles

from superice.dataset import layout
from superice.figures import ensemble_maps, season_overview
from superice.figures.ensemble_file import Ensemble


def test_maps_have_a_row_for_each_date(features, ensemble):
    titles = read_titles(ensemble_maps.draw_maps_against_truth([(features, ensemble)] * 2))
    assert len(titles) == 8
    assert titles[0] == "(a) low-resolution"
    assert "(h) member 1" in titles


def test_observed_maps_show_the_spread_and_the_truth_where_it_is_known(features, ensemble):
    without = ensemble_maps.draw_observed_maps([(features, ensemble, None)])
    assert len(read_titles(without)) == 4
    with_truth = ensemble_maps.draw_observed_maps([(features, ensemble, features.truth)])
    assert "(d) truth" in read_titles(with_truth)
    assert "(e) spread" in read_titles(with_truth)


def test_observed_thickness_is_shown_where_another_input_is_missing(
    features, ensemble, small_grid, tmp_path, monkeypatch
):
    beyond = features.mask & (np.indices(features.mask.shape)[0] < 20)
    assert beyond.any() and (features.mask & ~beyond).any()
    masked = {name: np.where(beyond, np.nan, getattr(features, name)) for name in layout.FIELDS}
    known = {name: np.where(beyond, getattr(features, name), np.nan) for name in ("sic", "sit")}
    npz, predictions = tmp_path / "sic_sit_e1_e2_20200101.npz", tmp_path / "sit_hrai_20200101.nc"
    layout.write_observed_features(
        npz,
        npz.with_suffix(".nc"),
        small_grid,
        ensemble.day,
        masked,
        np.where(beyond, 4, 0).astype(np.uint8),
        {},
        known,
    )
    with layout.open_predictions(predictions, small_grid, ensemble.day, 1, {}) as file:
        file.append(ensemble.members[0].astype(np.float32))
    monkeypatch.setattr(ensemble_maps, "draw_observed_maps", lambda days: days[0][0].sit)
    shown = ensemble_maps.draw_observed_from_files([npz], [predictions])
    assert np.allclose(shown[features.mask], features.sit[features.mask], atol=1e-3)
    _, (frame,) = season_overview.read_frames([npz], [predictions])
    assert np.isfinite(frame.fields["observed"]).sum() == features.mask.sum()


def test_inputs_and_members_fill_eight_panels(features, ensemble):
    zoom = ensemble_maps.choose_zoom(features.mask)
    assert len(read_titles(ensemble_maps.draw_features_and_members(features, ensemble))) == 8
    assert len(read_titles(ensemble_maps.draw_features_and_members(features, ensemble, zoom))) == 8


def test_a_day_without_ice_is_named_and_not_drawn(features, ensemble):
    empty = Ensemble(date(2020, 1, 2), ensemble.grid, np.full_like(ensemble.members, np.nan))
    figure = ensemble_maps.draw_observed_maps([(features, ensemble, None), (features, empty, None)])
    assert len(read_titles(figure)) == 4
    assert "2 January 2020" in figure.get_supxlabel()


def test_the_zoom_is_the_middle_half_of_the_largest_square():
    mask = np.zeros((30, 40), dtype=bool)
    mask[4:24, 10:30] = True
    assert ensemble_maps.choose_zoom(mask) == (slice(9, 19), slice(15, 25))
