import inspect

import pytest

from superice.figures.catalogue import KINDS, find_kind


@pytest.mark.parametrize("name", KINDS)
def test_the_options_of_a_figure_are_the_parameters_of_its_function(name):
    parameters = inspect.signature(KINDS[name].load_function()).parameters
    assert list(parameters) == [option.parameter for option in KINDS[name].options]


def test_a_figure_is_found_by_the_beginning_of_its_name():
    assert find_kind("season_model") == find_kind("season_observations") == KINDS["season"]
    assert find_kind("thin_ice").module == "superice.figures.thin_ice"
