"""Features from product files are those that the workflow's command writes; files, folders and areas are taken."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
import xarray
from feature_days import AREAS, DAY, make_grid_near_pole
from product_files import DRIFT_AXES_KM, ease2_axes, write_concentration, write_drift, write_thickness

import superice
from superice.dataset.layout import write_observed_features
from superice.errors import InputError
from superice.features.observed import make_observed_day
from superice.features.settings import FeatureSettings
from superice.readers import cs2smos, osisaf_concentration, osisaf_drift


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three products over the pole: a slope of thickness, 80 % ice, and a drift that spreads."""
    folder = tmp_path_factory.mktemp("products")
    x, y = (1000 * axis for axis in ease2_axes())
    near = np.hypot(x, y[:, None]) < 1.2e6
    write_thickness(folder, DAY, np.where(near, 2 + x / 1e6, np.nan))
    write_concentration(folder, DAY, np.where(near, 80.0, 0.0))
    dx, dy = (np.broadcast_to(axis * 0.01, (177, 119)) for axis in (DRIFT_AXES_KM[0], DRIFT_AXES_KM[1][:, None]))
    write_drift(folder, DAY, dx, dy, np.full((177, 119), 30))
    (folder / "areas.yaml").write_text(AREAS)
    return folder


@pytest.fixture
def make(folder):
    given = dict.fromkeys(("cs2smos", "concentration", "drift"), folder)
    return lambda **options: superice.features_from_products(
        **(given | {"date": DAY, "area": "near_pole", "areas": folder / "areas.yaml"} | options)
    )


def test_the_dataset_is_what_opens_from_the_file_of_the_workflow(make, folder, tmp_path):
    grid, land = make_grid_near_pole(), np.zeros(make_grid_near_pole().shape, bool)
    readings = [reader.read(reader.find(folder, DAY), DAY) for reader in (cs2smos, osisaf_concentration, osisaf_drift)]
    day = make_observed_day(*readings, grid, land, FeatureSettings())
    path = tmp_path / "sic_sit_e1_e2_20220412.nc"
    write_observed_features(path.with_suffix(".npz"), path, grid, DAY, day.fields, day.mask_reason, {}, day.beyond_mask)
    made = make()
    assert np.isfinite(made.sit).sum() > 1000
    with xarray.open_dataset(path, decode_coords="all") as file:
        assert set(made.variables) == set(file.variables) and set(made.coords) == set(file.coords)
        for name in file.variables:
            xarray.testing.assert_identical(made[name].variable, file[name].variable)


def test_files_and_texts_are_taken_as_folders_and_days_are(make, folder):
    files = {
        "cs2smos": cs2smos.find(folder, DAY),
        "concentration": osisaf_concentration.find(folder, DAY),
        "drift": osisaf_drift.find(folder, DAY),
    }
    assert make(**files, date="2022-04-12").identical(make())
    assert make(date=datetime(DAY.year, DAY.month, DAY.day, 18)).identical(make())


def test_an_area_is_named_or_placed(make):
    placed = make(area={"centre": (88.5, -45), "size_km": (180, 150)})
    assert placed.sit.shape == (50, 60) and abs(float(placed.latitude[25, 30]) - 88.5) < 0.05


def test_a_network_of_partly_missing_inputs_can_do_without_the_drift(make):
    made = make(drift=None)
    assert made.sit.isnull().all() and made.sit_beyond_mask.notnull().any()


def test_a_thickness_without_a_concentration_is_too_thick_and_says_so(make):
    """CS2SMOS is the thickness of the ice alone: times the concentration it is the mean over the cell."""
    whole, lacking = make(), make(concentration=None)
    both = whole.sit.notnull() & lacking.sit_beyond_mask.notnull()
    assert float((lacking.sit_beyond_mask - whole.sit).where(both).min()) > -0.02
    assert "thickness of the ice stands for the mean over the cell" in lacking.attrs["input_notes"]
    assert "input_notes" not in whole.attrs
    assert (
        "input_notes" not in make(concentration=None, settings={"observations": {"thickness_kind": "cell_mean"}}).attrs
    )


def test_what_a_product_says_of_a_degraded_day_is_an_attribute(make, monkeypatch):
    read = cs2smos.read
    monkeypatch.setattr(cs2smos, "read", lambda *file: replace(read(*file), notes=("no cell has a thickness of SMOS",)))
    assert make().attrs["input_notes"] == "cs2smos: no cell has a thickness of SMOS"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"drift": "nowhere"}, "nowhere: there is no such file or folder"),
        ({"date": "12.4.2022"}, r"date: a day YYYY-MM-DD is needed \(found 12.4.2022\)"),
        ({"date": "2022-04-13"}, "cs2smos, .*: no file for 2022-04-13"),
        ({"area": "nowhere"}, "no area 'nowhere'"),
        ({"area": {"centre": (60, 0), "size_km": (180, 150)}}, "no pixel of ice has all of them on 2022-04-12"),
        ({"settings": {"sic_treshold": 0.1}}, "features: unknown key 'sic_treshold'"),
    ],
)
def test_what_cannot_be_used_is_refused(make, options, sentence):
    with pytest.raises(InputError, match=sentence):
        make(**options)


def test_concentrations_of_other_days_are_those_in_the_folder_of_the_dates(make, folder, tmp_path):
    near = np.hypot(ease2_axes()[0], ease2_axes()[1][:, None]) < 1200
    for day, percent in ((DAY, 80.0), (DAY - timedelta(2), 60.0)):
        write_concentration(tmp_path, day, np.where(near, percent, 0.0))
    asked = {"settings": {"neighbouring_days": 2}}
    file = osisaf_concentration.find(tmp_path, DAY)
    plain, *made = (make(concentration=place, **more) for place, more in ((file, {}), (file, asked), (tmp_path, asked)))
    assert "sic_before" not in plain
    for features in made:
        known = features.sic_before.notnull()
        assert known.sum() > 1000 and np.allclose(features.sic_before.values[known], 0.6)
        assert features.sic_after.isnull().all() and "no file for 2022-04-14" in features.input_notes
        xarray.testing.assert_identical(features[list(plain.data_vars)].drop_attrs(), plain.drop_attrs())
    nothing = make(concentration=None, **asked)
    assert nothing.sic_before.isnull().all() and "is not given" in nothing.input_notes
