"""The files of the surrogate: what a stored year is made of."""

from shipped_configurations import load

from superice.run.configuration import Configuration
from superice.run.paths import SurrogatePaths
from superice.surrogate.configuration import SurrogateConfiguration


def test_a_stored_year_is_made_of_the_files_in_the_folders_that_may_hold_it(tmp_path):
    """So that a file which is corrected, or comes later, makes its year again."""
    names = ("ice/2013/Moorings_2013m01.nc", "ice/Moorings_2014m01.nc", "era5/winds.nc", "era5/t2m_2012-2015.nc")
    for name in (*names, "era5/.t2m_2013.nc", "era5/t2m_2013.grib"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    content = load()
    content["surrogate"]["source"] |= {"thickness": str(tmp_path / "ice"), "forcings": str(tmp_path / "era5")}
    paths = SurrogatePaths(SurrogateConfiguration(Configuration(content).surrogate), "results")
    found = {year: {path.removeprefix(f"{tmp_path}/") for path in paths.list_year_files(year)} for year in (2013, 2016)}
    assert found == {2013: {names[0], *names[2:]}, 2016: {"era5/winds.nc"}}


def test_a_stored_year_of_the_synthetic_arctic_is_made_of_its_own_files():
    paths = SurrogatePaths(SurrogateConfiguration(Configuration(load("demo")).surrogate), "s")
    assert paths.list_year_files(2014) == [
        "s/synthetic/nextsim/2014/Moorings_2014.nc",
        "s/synthetic/era5/2014/ERA5_y2014.nc",
    ]
