"""Finding a product's file among others: order of the date, copies, months."""

import errno
import os
import re
from datetime import date

import pytest

from superice.download import fetch
from superice.errors import InputError, MachineError, MissingInput
from superice.readers import cs2smos, nextsim_cmems, nextsim_moorings, osisaf_concentration, osisaf_drift
from superice.readers.finding import list_months

DAY = date(2021, 1, 13)
NAMES = {
    cs2smos: "W_XX-ESA,SMOS_CS2,NH_25KM_EASE2_20210110_20210116_r_v205_01_l4sit.nc",
    osisaf_concentration: "ice_conc_nh_polstere-100_multi_202101131200.nc",
    nextsim_cmems: "20210113_hr-nersc-MODEL-nextsimf-ARC-b20210113-fv00.0.nc",
    osisaf_drift: "ice_drift_nh_polstere-625_multi-oi_202101121200-202101141200.nc",
}


def swapped(name):
    """Return the name with the day before the month in all of its dates."""
    for day in range(10, 17):
        name = name.replace(f"202101{day}", f"2021{day}01")
    return name


@pytest.mark.parametrize("product", NAMES)
def test_day_before_month_in_a_name_is_reported_and_not_used(tmp_path, product):
    path = tmp_path / swapped(NAMES[product])
    path.touch()
    with pytest.raises(MissingInput, match=r"no file for 2021-01-13.*YYYYDDMM") as refusal:
        product.find(tmp_path, DAY)
    assert path.name in str(refusal.value)


def test_a_proper_name_of_another_day_is_no_hint(tmp_path):
    (tmp_path / "ice_conc_nh_polstere-100_multi_202204121200.nc").touch()
    with pytest.raises(MissingInput) as refusal:
        osisaf_concentration.find(tmp_path, date(2022, 12, 4))
    assert "YYYYDDMM" not in str(refusal.value)


@pytest.mark.parametrize("product", NAMES)
def test_two_files_of_a_day_must_be_equal(tmp_path, product):
    flat, filed = tmp_path / NAMES[product], tmp_path / "2021" / "01" / NAMES[product]
    filed.parent.mkdir(parents=True)
    flat.write_bytes(b"one")
    filed.write_bytes(b"one")
    assert product.find(tmp_path, DAY).name == flat.name
    filed.write_bytes(b"two")
    with pytest.raises(InputError, match="two files for 2021-01-13 that differ") as refusal:
        product.find(tmp_path, DAY)
    assert str(flat) in str(refusal.value) and str(filed) in str(refusal.value)


@pytest.mark.parametrize("product", NAMES)
def test_files_of_all_products_may_lie_in_subfolders_of_one_folder(tmp_path, product):
    for other, name in NAMES.items():
        path = tmp_path / other.__name__.split(".")[-1] / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert product.find(tmp_path, DAY).name == NAMES[product]
    with pytest.raises(MissingInput, match=f"among the {len(NAMES)} NetCDF files"):
        product.find(tmp_path, date(2021, 3, 2))


def test_drift_is_found_under_the_month_of_its_end(tmp_path):
    name = "ice_drift_nh_polstere-625_multi-oi_202101301200-202102011200.nc"
    path = tmp_path / "2021" / "02" / name
    path.parent.mkdir(parents=True)
    path.touch()
    assert osisaf_drift.find(tmp_path, date(2021, 1, 31)) == path


def test_shortest_interval_of_the_model_first(tmp_path):
    for name in ("Moorings.nc", "Moorings_2021.nc", "Moorings_2021m01.nc", "Moorings_2021d013.nc"):
        (tmp_path / name).touch()
        assert nextsim_moorings.find(tmp_path, DAY).name == name


# The names that the providers' manuals list, of 13 January 2021, the best first; docs/data.md states the order.
WEEK, TWO_DAYS = "20210110_20210116", "202101121200-202101141200"
BEST_FIRST = {
    cs2smos: [
        f"W_XX-ESA,SMOS_CS2_S3A_S3B,NH_12P5KM_EASE2_{WEEK}_r_v300_02_l4sit.nc",
        f"W_XX-ESA,SMOS_CS2_S3A_S3B,NH_12P5KM_EASE2_{WEEK}_r_v300_01_l4sit.nc",
        f"W_XX-ESA,SMOS_CS2_S3A,NH_12P5KM_EASE2_{WEEK}_r_v300_01_l4sit.nc",
        *(f"W_XX-ESA,SMOS_CS2,NH_25KM_EASE2_{WEEK}_r_v20{version}_01_l4sit.nc" for version in (6, 5, 4, 3)),
        f"W_XX-ESA,SMOS_CS2,NH_25KM_EASE2_{WEEK}_r_v202_02_l4sit.nc",
        f"W_XX-ESA,SMOS_CS2,NH_25KM_EASE2_{WEEK}_r_v202_01_l4sit.nc",
        f"W_XX-ESA,SMOS_CS2_S3A_S3B,NH_12P5KM_EASE2_{WEEK}_o_v300_01_l4sit.nc",
        f"W_XX-ESA,SMOS_CS2,NH_25KM_EASE2_{WEEK}_o_v206_01_l4sit.nc",
    ],
    osisaf_concentration: [
        *(f"ice_conc_nh_polstere-100_{kind}_202101131200.nc" for kind in ("reproc", "cont-reproc", "multi", "amsr2")),
        "ice_conc_nh_ease2-250_cdr-v10p0_202101131200.nc",  # to come
        "ice_conc_nh_ease2-250_cdr-v3p1_202101131200.nc",
        "ice_conc_nh_ease2-250_cdr-v3p0_202101131200.nc",
        "ice_conc_nh_ease2-250_cdr-v2p0_202101131200.nc",
        "ice_conc_nh_ease2-250_cdr-v3p0-amsr_202101131200.nc",
        "ice_conc_nh_ease2-250_icdr-v3p0_202101131200.nc",
        "ice_conc_nh_ease2-250_icdr-v2p0_202101131200.nc",
        "ice_conc_nh_ease2-250_icdr-v3p0-amsr_202101131200.nc",
        "ice_conc_nh_ease2-250_icdrft-v3p0_202101131200.nc",
        "ice_conc_nh_ease2-250_icdrft-v3p0-amsr_202101131200.nc",
        "ice_conc_nh_ease2-250_unheard-of_202101131200.nc",
    ],
    osisaf_drift: [
        *(
            f"ice_drift_nh_polstere-625_{sensor}_{TWO_DAYS}.nc"
            for sensor in (
                "multi-oi",
                "amsr2-gw1",
                "ssmis-f18",
                "ssmis-f17",
                "ascat-metopB",
                "ascat-metopA",
                "unheard-of",
            )
        ),
        "ice_drift_nh_ease2-750_cdr-v10p0_24h-202101131200.nc",  # to come
        "ice_drift_nh_ease2-750_cdr-v1p0_24h-202101131200.nc",
        "ice_drift_nh_ease2-750_cdr-v1p0-amsr2_24h-202101131200.nc",
        "ice_drift_nh_ease2-750_cdr-v1p0-ssmis_24h-202101131200.nc",
    ],
    nextsim_cmems: [
        "20210113_dm-nersc-MODEL-nextsim-ARC-RAN.nc",
        "20210113_hr-nersc-MODEL-nextsimf-ARC-b20210114-fv10.0.nc",
        "20210113_hr-nersc-MODEL-nextsimf-ARC-b20210114-fv02.0.nc",
        "20210113_dm-nersc-MODEL-nextsimf-ARC-b20210114-fv02.0.nc",
        "20210113_hr-nersc-MODEL-nextsimf-ARC-b20210113-fv10.0.nc",
        "20210113_hr-nersc-MODEL-nextsimf-ARC-b20210104-fv00.0.nc",
    ],
    nextsim_moorings: [
        "Moorings_2021d013.nc",
        "Moorings_2021w02.nc",
        "Moorings_2021w01.nc",
        "Moorings_2021m01.nc",
        "Moorings_2021.nc",
        "Moorings.nc",
    ],
}


@pytest.mark.parametrize("product", BEST_FIRST)
def test_of_two_files_the_better_one_is_told_by_what_the_provider_means(product):
    ranks = [product.rank(name, DAY) for name in BEST_FIRST[product]]
    assert None not in ranks
    assert ranks == sorted(ranks, reverse=True) and len(set(ranks)) == len(ranks)


@pytest.mark.parametrize("product", NAMES)
def test_a_download_takes_the_best_name_that_the_server_lists(product):
    """The same order holds at a provider, in whatever order its server lists the names."""

    class Server:
        def list_names(self, month):
            return sorted(BEST_FIRST[product]) if month == date(2021, 1, 1) else []

    assert fetch.find_best_name(product, DAY, Server()) == (date(2021, 1, 1), BEST_FIRST[product][0])


@pytest.mark.parametrize(
    ("day", "days_around", "months"),
    [
        (date(2021, 1, 13), 0, [(2021, 1)]),
        (date(2021, 1, 13), 7, [(2021, 1)]),
        (date(2021, 1, 3), 7, [(2020, 12), (2021, 1)]),
        (date(2021, 2, 28), 1, [(2021, 2), (2021, 3)]),
        (date(2021, 2, 14), 40, [(2021, 1), (2021, 2), (2021, 3)]),
    ],
)
def test_months_around_a_day_are_in_order_and_once(day, days_around, months):
    assert list_months(day, days_around) == [date(year, month, 1) for year, month in months]


@pytest.mark.parametrize("product", NAMES)
def test_a_search_reads_each_folder_once_and_no_file(tmp_path, monkeypatch, product):
    """A run repeats the search for every date, on folders of many years."""
    for year in range(2013, 2023):
        (tmp_path / str(year) / "01").mkdir(parents=True)
        (tmp_path / str(year) / "01" / NAMES[product].replace("2021", str(year))).touch()
    scanned = []
    monkeypatch.setattr(os, "scandir", lambda folder, scan=os.scandir: scanned.append(folder) or scan(folder))
    monkeypatch.setattr("builtins.open", lambda *_: pytest.fail("a file is opened"))
    assert product.find(tmp_path, DAY).parent == tmp_path / "2021" / "01"
    assert len(scanned) == len(set(scanned)) == 1 + 10 + 1  # the folder, its subfolders, and 2021/01


@pytest.mark.parametrize("product", NAMES)
def test_files_that_are_being_written_are_not_found(tmp_path, product):
    """Their names begin with a dot (superice.utils.files)."""
    (tmp_path / f".{NAMES[product]}").touch()
    with pytest.raises(MissingInput, match="among the 0 NetCDF files"):
        product.find(tmp_path, DAY)


class TestMissingFiles:
    """What is said about a file that is not found, and what is not found only because the machine failed."""

    @pytest.mark.parametrize("product", NAMES)
    @pytest.mark.parametrize(
        "other", ["{} (1).nc", "{}_subset.nc", "{}-copy.nc", "my_{}.nc"], ids=["browser", "subset", "copy", "prefix"]
    )
    def test_a_name_that_nearly_fits_is_shown_beside_an_expected_one(self, tmp_path, product, other):
        near = other.format(NAMES[product].removesuffix(".nc"))
        if product.rank(near, DAY):
            pytest.skip("the name is accepted")
        (tmp_path / near).touch()
        (tmp_path / "other.nc").touch()
        with pytest.raises(MissingInput, match="no file for 2021-01-13 among the 2 NetCDF files") as refusal:
            product.find(tmp_path, DAY)
        assert f"{near} may be that file, but" in refusal.value.reason
        assert "rename it" in refusal.value.reason

    @pytest.mark.parametrize("product", NAMES)
    def test_a_file_of_another_day_is_not_to_be_renamed(self, tmp_path, product):
        """Names that hold the date as an end of their period, or as that of their bulletin, are good ones of their days."""
        for offset in (-3, -1, 1, 3):
            shifted = {f"202101{number:02}": f"202101{number + offset:02}" for number in range(10, 17)}
            name = re.sub("|".join(shifted), lambda found, to=shifted: to[found[0]], NAMES[product])
            (tmp_path / name).touch()
        if product is nextsim_cmems:
            (tmp_path / "20210115_hr-nersc-MODEL-nextsimf-ARC-b20210113-fv00.0.nc").touch()
        with pytest.raises(MissingInput, match=r"; a name such as \S+ is expected$"):
            product.find(tmp_path, DAY)
        near = NAMES[product].replace(".nc", "_subset.nc")
        (tmp_path / near).touch()
        if not product.rank(near, DAY):
            with pytest.raises(MissingInput, match=f"; {near} may be that file, but "):
                product.find(tmp_path, DAY)

    @pytest.mark.parametrize("product", [*NAMES, nextsim_moorings])
    def test_the_expected_name_is_one_that_is_found(self, tmp_path, product):
        (tmp_path / "other.nc").touch()
        with pytest.raises(MissingInput, match=r"a name such as \S+ is expected") as refusal:
            product.find(tmp_path, DAY)
        expected = re.search(r"a name such as (\S+) is expected", refusal.value.reason)[1]
        assert product.rank(expected, DAY) is not None
        (tmp_path / expected).touch()
        assert product.find(tmp_path, DAY).name == expected

    @pytest.mark.parametrize("product", [*NAMES, nextsim_moorings])
    def test_no_folder_and_packed_files_are_told(self, tmp_path, product):
        with pytest.raises(MissingInput, match="there is no such folder"):
            product.find(tmp_path / "nowhere", DAY)
        (tmp_path / "data.nc.gz").touch()
        with pytest.raises(MissingInput, match=r"the 0 NetCDF files .* data\.nc\.gz must be unpacked"):
            product.find(tmp_path, DAY)

    @pytest.mark.parametrize("product", [*NAMES, nextsim_moorings])
    @pytest.mark.parametrize("place", ["", "2021/01"])
    @pytest.mark.parametrize("name", ["EIO", "ESTALE", "EACCES", "EMFILE"])
    def test_a_folder_that_cannot_be_read_misses_no_file(self, tmp_path, monkeypatch, product, place, name):
        """Otherwise a disk that is away for a moment makes empty days for good."""
        number = getattr(errno, name)
        (tmp_path / "2021" / "01").mkdir(parents=True)
        scan = os.scandir

        def fail(folder):
            if str(folder) == str(tmp_path / place):
                raise OSError(number, os.strerror(number), folder)
            return scan(folder)

        monkeypatch.setattr(os, "scandir", fail)
        with pytest.raises(MachineError, match=os.strerror(number)):
            product.find(tmp_path, DAY)

    @pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
    def test_a_folder_of_the_system_beside_the_files_is_left_alone(self, tmp_path):
        (tmp_path / "lost+found").mkdir(mode=0)
        path = tmp_path / NAMES[cs2smos]
        path.touch()
        assert cs2smos.find(tmp_path, DAY) == path
