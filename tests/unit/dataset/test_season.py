"""The season cube holds what the summaries hold, and what xarray makes of them month by month."""

import warnings
from datetime import date, timedelta
from pathlib import Path

import netCDF4
import numpy as np
import pyproj
import pytest
import xarray as xr
import zarr
from standards import list_findings

import superice
from superice.dataset import season as season_module
from superice.dataset.layout import summaries_name
from superice.dataset.season import find_summaries, open_summaries, write_season
from superice.dataset.settings import SummarySettings
from superice.dataset.summaries import MemberStatistics, Summary, write_summary
from superice.errors import InputError
from superice.features.day import Features

FIRST = date(2021, 11, 20)
DAYS = [FIRST + timedelta(number) for number in (*range(0, 20, 4), 370, 372)]  # November twice, and December


def write_day(folder, grid, day, with_reason=True):
    random = np.random.default_rng(day.toordinal())
    sit, sic = (random.uniform(0.2, 1, grid.shape).astype(np.float32) for _ in range(2))
    sit[random.random(grid.shape) < 0.2] = np.nan
    sit[:5] = np.nan
    still = np.zeros(grid.shape, np.float32)
    features = Features(day, sic, sit, still, still)
    statistics = MemberStatistics(features.mask, 3)
    for _ in range(3):
        statistics.add(sit + random.uniform(0, 1, grid.shape).astype(np.float32))
    reason = np.isnan(sit).astype(np.int8) if with_reason else None
    details = {"experiment": "e", "features_digest": f"{day}"}
    path = folder / summaries_name(day)
    write_summary(Summary(path, SummarySettings()), grid, features, reason, statistics, details)
    return path


@pytest.fixture(scope="module")
def folder(small_grid, tmp_path_factory):
    folder = tmp_path_factory.mktemp("summaries")
    for day in DAYS:
        write_day(folder, small_grid, day)
    return folder


@pytest.fixture(scope="module", params=[".zarr", ".nc"])
def cube(request, folder, tmp_path_factory):
    """A cube of the days, with several chunks and shards along each axis, and a shard that is not full."""
    path = tmp_path_factory.mktemp("cube") / f"season{request.param}"
    with pytest.MonkeyPatch.context() as small:
        small.setattr(season_module, "CHUNK", {"time": 2, "y": 8, "x": 8})
        small.setattr(season_module, "SHARD", {"time": 4, "y": 16, "x": 24})
        write_season(find_summaries(folder)[::-1], path)
    return path


def test_the_cube_holds_every_number_of_the_summaries(cube, folder):
    with superice.open_season(cube) as season:
        assert season.chunks and season.sizes["time"] == len(DAYS), "it is lazy"
        for day, of_day in zip(DAYS, season.transpose("time", ...).time.values, strict=True):
            assert str(of_day) == f"{day}T12:00:00.000000000"
            with xr.open_dataset(folder / summaries_name(day), decode_coords="all") as summary:
                for name in summary.data_vars:
                    np.testing.assert_array_equal(season[name].sel(time=of_day), summary[name], err_msg=name)
                    assert season[name].attrs["units"] == summary[name].attrs["units"] if "sit" in name else True
                    assert season[name].dtype == summary[name].dtype
                np.testing.assert_array_equal(season.class_bounds, summary.class_bounds)
        assert season["class"].encoding["bounds"] == "class_bounds"
        assert season.attrs["experiment"] == "e" and "features_digest" not in season.attrs
        assert season.attrs["time_coverage_end"].startswith(f"{DAYS[-1]}")


def test_places_follow_from_its_grid_mapping(cube):
    with superice.open_season(cube) as season:
        assert season.sit_mean.encoding["grid_mapping"] == "crs"
        projection = pyproj.Proj(pyproj.CRS.from_cf(season.crs.attrs))
        longitude, latitude = projection(*np.meshgrid(season.x, season.y), inverse=True)
        np.testing.assert_allclose(season.latitude, latitude, atol=1e-4)
        np.testing.assert_allclose(np.cos(np.radians(season.longitude - longitude)), 1, atol=1e-6)
        np.testing.assert_allclose(season.cell_area.mean(), 9e6, rtol=0.1)


def test_single_fields_have_no_spread_in_a_month_either(folder):
    with open_summaries(find_summaries(folder)) as dates:
        single = dates.load().assign(sit_std=dates.sit_std * np.nan)
        for means in season_module.summarise_months(single).values():
            assert means.sit_std.isnull().all() and means.sit_mean.notnull().any()


def test_means_by_month_are_those_of_xarray(cube, folder):
    with open_summaries(find_summaries(folder)) as dates, superice.open_season(cube, "monthly") as monthly:
        expected = dates.sit_mean.load().astype("f8").resample(time="MS")
        months = expected.count().sum(("y", "x")) > 0
        np.testing.assert_allclose(monthly.sit_mean, expected.mean()[months.values], rtol=1e-6)
        np.testing.assert_allclose(monthly.sit_std_of_dates, expected.std()[months.values], atol=1e-6)
        variance = (dates.sit_std.load().astype("f8") ** 2).resample(time="MS").mean()[months.values]
        np.testing.assert_allclose(monthly.sit_std**2, variance, rtol=1e-5)
        np.testing.assert_array_equal(monthly.date_count, expected.count()[months.values])
        assert [str(time)[:10] for time in monthly.time.values] == ["2021-11-01", "2021-12-01", "2022-11-01"]
        ends = [str(time)[:10] for time in monthly.time_bounds.values[:, 1]]
        assert ends == ["2021-12-01", "2022-01-01", "2022-12-01"]
        assert monthly.sit_mean.attrs["cell_methods"] == "area: mean time: mean"
        assert monthly.attrs["time_coverage_resolution"] == "P1M" and "monthly" in monthly.attrs["title"]
    with superice.open_season(cube, "climatology") as climatology:
        of_year = dates.sit_mean.astype("f8").groupby("time.month")
        assert climatology.month.values.tolist() == [11, 12]
        np.testing.assert_allclose(climatology.sit_mean, of_year.mean("time"), rtol=1e-6)
        np.testing.assert_allclose(climatology.sit_std_of_dates, of_year.std("time"), atol=1e-6)
        assert "time" not in climatology.sit_mean.attrs["cell_methods"]
        assert set(climatology.coords) >= {"longitude", "latitude", "crs", "cell_area"}


def test_a_file_of_the_store_is_a_shard_of_many_chunks(cube, small_grid):
    if cube.is_file():
        pytest.skip("a NetCDF file is one file")
    array = zarr.open_array(cube / "sit_mean", mode="r")
    assert array.metadata.zarr_format == 3 and array.chunks == (2, 8, 8) and array.shards == (4, 16, 24)
    assert array.shape == (len(DAYS), *small_grid.shape) == (7, 36, 44)
    assert len([path for path in (cube / "sit_mean" / "c").rglob("*") if path.is_file()]) == 2 * 3 * 2


def test_memory_does_not_grow_with_the_dates(small_grid, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(season_module, "SHARD", {"time": 4, "y": 640, "x": 768})
    monkeypatch.setattr(season_module, "CHUNK", {"time": 2, "y": 128, "x": 128})
    largest, caches = [], []
    read = xr.DataArray.to_numpy

    def watch(array):
        largest.append(array.size)
        caches.append(netCDF4.get_chunk_cache()[0])
        return read(array)

    monkeypatch.setattr(xr.DataArray, "to_numpy", watch)
    before = netCDF4.get_chunk_cache()
    write_season(find_summaries(folder), tmp_path / "season.zarr")
    assert max(largest) <= 4 * np.prod(small_grid.shape)
    assert set(caches) == {0}, "each of the open files would keep up to 64 MB of every variable"
    assert netCDF4.get_chunk_cache() == before


@pytest.mark.parametrize("suffix", [".zarr", ".nc"])
def test_a_cube_is_written_whole_or_not_at_all(folder, tmp_path, monkeypatch, suffix):
    path = tmp_path / f"season{suffix}"
    write_season(find_summaries(folder)[:2], path)
    with monkeypatch.context() as failing:
        failing.setattr(season_module, "summarise_months", lambda season: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            write_season(find_summaries(folder), path)
    assert list(tmp_path.iterdir()) == [path]
    with superice.open_season(path) as season:
        assert season.sizes["time"] == 2, "the old one"
    write_season(find_summaries(folder)[:3], path)
    with superice.open_season(path) as season:
        assert season.sizes["time"] == 3 and list(tmp_path.iterdir()) == [path]


def test_the_mark_of_snakemake_in_a_store_gives_no_warning(tmp_path):
    xr.Dataset({"sit_mean": ("time", [1.0])}).to_zarr(tmp_path / "season.zarr", consolidated=False)
    (tmp_path / "season.zarr" / ".snakemake_timestamp").touch()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert superice.open_season(tmp_path / "season.zarr").sit_mean.values == 1


def test_a_folder_of_summaries_opens_as_a_season(folder):
    with superice.open_season(folder) as season:
        assert season.chunks and season.sizes["time"] == len(DAYS)
    with pytest.raises(InputError, match="is a folder of summaries, which hold no means"):
        superice.open_season(folder, "monthly")


def test_reasons_that_one_date_lacks_are_left_out(small_grid, tmp_path):
    paths = [write_day(tmp_path, small_grid, day, with_reason=day == FIRST) for day in DAYS[:2]]
    with open_summaries(paths) as season:
        assert "mask_reason" not in season and "mask" in season


class TestRefused:
    @pytest.fixture
    def refuse(self, small_grid, tmp_path):
        """Return a function: with a second file, made by a change of the first, the season must be refused."""
        path = write_day(tmp_path, small_grid, FIRST)

        def call(change, sentence):
            with xr.open_dataset(path) as data:
                changed = change(data.load())
            other = tmp_path / summaries_name(DAYS[1])
            changed.to_netcdf(other)
            with pytest.raises(InputError, match=f"{other.name}.*{sentence}"):
                write_season([path, other], tmp_path / "season.zarr")
            assert not (tmp_path / "season.zarr").exists()

        return call

    def test_a_day_twice(self, refuse):
        refuse(lambda data: data, "is of the same day as .*20211120")

    def test_another_grid(self, refuse):
        refuse(lambda data: data.assign_coords(x=data.x + 3000), "x: differs from that of")

    def test_another_projection(self, refuse):
        def turn(data):
            data["crs"].attrs["straight_vertical_longitude_from_pole"] = 0.0
            return data

        refuse(turn, "crs: differs from that of")

    def test_other_quantiles(self, refuse):
        refuse(lambda data: data.isel(quantile=slice(3)), "quantile: differs from that of")

    def test_no_summary(self, refuse):
        refuse(lambda data: data.drop_vars("sit_quantile"), "sit_quantile: is not a summary of an ensemble")

    def test_a_damaged_file(self, folder, tmp_path):
        damaged = tmp_path / summaries_name(FIRST)
        damaged.write_bytes((folder / summaries_name(FIRST)).read_bytes()[:9000])
        with pytest.raises(InputError, match=f"{damaged.name}: cannot be read"):
            open_summaries([damaged])

    @pytest.mark.parametrize(
        ("path", "part", "sentence"),
        [
            ("none.zarr", "dates", "there is no such season"),
            (".", "dates", "holds no summary sit_summary_YYYYMMDD.nc"),
            ("none.zarr", "weekly", "a season has the parts dates, monthly, climatology.*weekly"),
        ],
    )
    def test_nothing_to_open(self, tmp_path, path, part, sentence):
        with pytest.raises(InputError, match=sentence):
            superice.open_season(tmp_path / path, part)

    def test_a_folder_that_is_not_there(self, tmp_path):
        with pytest.raises(InputError, match=r"nowhere: there is no such folder: name the one with the summaries"):
            find_summaries(tmp_path / "nowhere")

    def test_an_output_of_another_kind(self, folder, tmp_path):
        with pytest.raises(InputError, match=r"season\.csv: a season is written to a store \.zarr or a file \.nc"):
            write_season(find_summaries(folder), Path(tmp_path / "season.csv"))


def test_summaries_of_an_older_version_make_a_season_too(small_grid, tmp_path):
    with xr.open_dataset(write_day(tmp_path, small_grid, FIRST)) as day:
        day.load().drop_vars("altitude").drop_encoding().to_netcdf(tmp_path / "older.nc")
    (tmp_path / "older.nc").replace(tmp_path / summaries_name(FIRST))
    write_season(find_summaries(tmp_path), tmp_path / "season.zarr")
    with superice.open_season(tmp_path / "season.zarr", "monthly") as monthly:
        assert monthly.sizes["time"] == 1 and "altitude" not in monthly


def test_a_file_of_a_season_meets_the_standards(cube):
    if cube.is_file():
        assert list_findings(cube) == []
