"""Measurements of buoys, sonars and the reference data: values worked out by hand, real files, and wrong ones."""

import os
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superice.errors import InputError, MachineError, MissingInput
from superice.fields.point_series import LEVEL_ICE, MEAN, PointSeries, merge_series, take_daily_medians
from superice.readers import in_situ
from superice.readers.sonar_draft import convert_draft

REAL = Path(os.environ.get("SUPERICE_REAL_DATA", ""), "imb")
needs_real_files = pytest.mark.skipif(
    not os.environ.get("SUPERICE_REAL_DATA") or not REAL.is_dir(), reason="SUPERICE_REAL_DATA has no folder imb"
)
CSV = "platform,date,lat,lon,thickness,uncertainty\nA,2022-04-11,80,10,1.5,0.02\nA,2022-04-12,80.1,10.2,1.6,0.02\n"
RRDP = """obsID date lat lon SID SIDstd SIDln SIDunc wSD wrho ppflag
ULS_1 2015-01-15T00:00:00 77.47 116.46 1.283 0.242 31.0 0.009 24.214 275 0
ULS_1 2015-07-09T12:00:00 76.01 126.0 1.023 0.121 16.0 0.013 nan 357 0
"""
SONAR = """%BG 2003-2004 Mooring A: 75 00.600 N, 149 30.000 W
%date time(UTC) draft(m)
20030820 000000  1.00
20030820 000002  3.00
20030821 000000  0.00
"""


def write(folder, name, text):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def write_buoy(path, hours, thickness, longitude=None, drop=(), units="m"):
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("time", len(hours))
        values = {
            "lat": np.full(len(hours), 80.0),
            "lon": np.zeros(len(hours)) if longitude is None else longitude,
            "hi": thickness,
            "time": np.asarray(hours) / 24,
        }
        for name, value in values.items():
            if name not in drop:
                file.createVariable(name, "f8", ("time",))[:] = value
        if "hi" not in drop:
            file["hi"].units = units
        file["time"].units = "days since 2022-04-12"
    return path


def test_a_buoy_gives_the_medians_of_its_days(tmp_path):
    path = write_buoy(tmp_path / "Dartmouth_2021__3.nc", [0, 6, 12, 25, 49], [1.0, 1.2, 9.0, 1.3, np.nan])
    (buoy,) = in_situ.read(path)
    assert (buoy.platform, buoy.measures) == ("Dartmouth 2021 #3", LEVEL_ICE)
    assert buoy.days.astype(str).tolist() == ["2022-04-12", "2022-04-13"]
    assert buoy.thickness.tolist() == [1.2, 1.3]


def test_what_other_programs_write_is_read(tmp_path):
    head, row = "date,lat,lon,thickness_ft,sit_note\n", "2022-04-12T06:00:00Z,80,220.6,6,\n"
    (feet,) = in_situ.read(write(tmp_path, "a.csv", "\ufeff# of my buoy\n" + head + "\n" + row))
    assert (feet.thickness[0], feet.longitude[0]) == pytest.approx((6 * 0.3048, 220.6 - 360))
    two_times = "time,date,lat,lon,sit\n06:00:00,2022-04-12,80,0,1.5\n"
    assert in_situ.read(write(tmp_path, "b.csv", two_times))[0].days[0] == np.datetime64("2022-04-12")
    # Reference data are means of 25 km and 30 days with commas as well: never one floe.
    (mooring,) = in_situ.read(write(tmp_path, "c.csv", RRDP.replace(" ", ",")))
    assert (mooring.width_km, mooring.measures) == (25, MEAN)


def test_units_of_a_buoy_are_converted(tmp_path):
    (buoy,) = in_situ.read(write_buoy(tmp_path / "a.nc", [0], [152.0], units="cm"))
    assert buoy.thickness == pytest.approx([1.52])


@given(first=st.floats(-180, 180), steps=st.lists(st.floats(-5, 5), min_size=1, max_size=5))
def test_the_median_of_longitudes_does_not_depend_on_where_the_date_line_is(first, steps):
    around = np.array([0.0, *steps])
    one = np.zeros(around.size)
    days = np.full(around.size, np.datetime64("2022-04-12"))
    wrapped = (first + around + 180) % 360 - 180
    daily = take_daily_medians(PointSeries("a", LEVEL_ICE, days, one, wrapped, one, one))
    difference = (daily.longitude - first - np.median(around) + 180) % 360 - 180
    assert difference == pytest.approx(0, abs=1e-9)


def test_a_csv_file_is_read_by_the_names_of_its_columns(tmp_path):
    (one,) = in_situ.read(write(tmp_path, "a.csv", CSV))
    other_names = "buoy,time,longitude,latitude,ice_thickness_cm\nA,2022-04-12T06:00:00Z,10.2,80.1,160\n"
    (other,) = in_situ.read(write(tmp_path, "b.csv", other_names))
    assert one.select([1]).thickness == pytest.approx(other.thickness)
    assert (one.latitude[1], one.longitude[1], one.days[1]) == (other.latitude, other.longitude, other.days)
    assert one.uncertainty.tolist() == [0.02, 0.02] and np.isnan(other.uncertainty).all()


def test_draft_in_a_csv_file_is_a_mean_along_a_track_and_keeps_all_its_points(tmp_path):
    text = "date,lat,lon,draft,snow,measures\n2022-04-12,80,10,2,0.3,\n2022-04-12,80,11,1,0,\n"
    text += "2022-04-12,80,12,1,0,level_ice\n"
    track, floe = in_situ.read(write(tmp_path, "submarine.csv", text))
    assert (track.platform, track.measures, floe.measures) == ("submarine", MEAN, LEVEL_ICE)
    # Archimedes: 1027 * 2 = 928 * thickness + 320 * 0.3
    assert track.thickness == pytest.approx([(2054 - 96) / 928, 1027 / 928])


def test_the_factor_of_bare_ice_is_that_of_the_submarine_records():
    # Rothrock et al. (2008): a decline of 1.13 m in draft is one of 1.25 m in thickness.
    thickness, uncertainty = convert_draft(np.array([1.13, 1.0]), np.array([np.nan, 0.1]), np.zeros(2))
    assert thickness == pytest.approx([1.25, 1.107], abs=1e-3)
    assert np.isnan(uncertainty[0]) and uncertainty[1] == pytest.approx(0.1107, abs=1e-4)
    assert convert_draft(np.ones(1), np.zeros(1))[1] == pytest.approx([0.1])  # snow unknown


def test_reference_data_are_means_of_25_km_and_30_days_with_the_snow_of_their_rows(tmp_path):
    (mooring,) = in_situ.read(write(tmp_path, "ULS.dat", RRDP))
    assert (mooring.platform, mooring.width_km, mooring.span_days) == ("ULS_1", 25, 30)
    with_snow, bare = (1027 * 1.283 - 320 * 0.24214) / 928, 1027 * 1.023 / 928
    assert mooring.thickness == pytest.approx([with_snow, bare])
    assert mooring.uncertainty == pytest.approx([0.009 * 1027 / 928, np.hypot(0.013 * 1027 / 928, 0.1)])


def test_thickness_of_reference_data_is_taken_before_draft(tmp_path):
    text = "obsID date lat lon SIT SITunc SID\nOIB_1 2015-04-01T00:00:00 80 -100 2.5 0.4 1.0\n"
    (flight,) = in_situ.read(write(tmp_path, "OIB.dat", text))
    assert (flight.thickness, flight.uncertainty, flight.measures) == (2.5, 0.4, MEAN)


def test_drafts_of_a_moored_sonar_become_means_of_days(tmp_path):
    (sonar,) = in_situ.read(write(tmp_path, "uls03a_draft.dat", SONAR))
    assert (sonar.platform, sonar.measures) == ("BG 2003-2004 Mooring A", MEAN)
    assert (sonar.latitude[0], sonar.longitude[0]) == (75.01, -149.5)
    assert sonar.thickness == pytest.approx([2 * 1027 / 928, 0])


def test_a_platform_in_two_files_is_one(tmp_path):
    write_buoy(tmp_path / "SIDEx_2021__3.nc", [0, 24], [1.5, 1.6])
    write(
        tmp_path,
        "b.csv",
        "buoy,date,lat,lon,thickness\nSIDEx 2021 #3,2022-04-13,80,0,1.62\nSIDEx 2021 #3,2022-04-14,80,0,1.7\n",
    )
    (buoy,) = in_situ.read_all(in_situ.list_files(tmp_path))
    assert buoy.thickness.tolist() == [1.5, 1.6, 1.7]


def test_a_copy_of_a_track_counts_once(tmp_path):
    text = "platform,date,lat,lon,draft\nTrack,2022-04-12,80,0,1.5\nTrack,2022-04-12,80.1,0,1.7\n"
    for name in ("a.csv", "copy.csv"):
        write(tmp_path, name, text)
    (track,) = in_situ.read_all(in_situ.list_files(tmp_path))
    assert track.size == 2
    write(tmp_path, "other.csv", text.replace("80.1", "80.2"))
    assert in_situ.read_all(in_situ.list_files(tmp_path))[0].size == 3


WRONG = {
    "no position": ("a.csv", CSV.replace("lat", "north"), "latitude"),
    "no number": ("a.csv", CSV.replace("1.6", "6 ft"), "thickness: row 2 is no number, such as 1.52"),
    "no date": ("a.csv", CSV.replace("2022-04-12", "12/04/22"), "row 2 is no date"),
    "no thickness": ("a.csv", CSV.replace("thickness", "hice"), "thickness"),
    "in centimetres": (
        "a.csv",
        CSV.replace("1.6,", "160,"),
        "thickness: row 2 is not within 0 and 20 m; state the unit where it is not m",
    ),
    "fill value": ("a.csv", CSV.replace("1.6", "-999"), "leave the cell of a missing value empty (found -999)"),
    "fill value of a draft": ("a.csv", CSV.replace("thickness", "draft").replace("1.6", "-999"), "draft: row 2 is not"),
    "fill value of a sonar": ("a.dat", SONAR.replace("3.00", "-99"), "draft: 1 of 3 outside -1 to 20 m"),
    "fill value of a position": ("a.csv", CSV.replace("10.2", "-999"), "longitude: 1 of 2 outside -180 to 360 degrees"),
    "semicolons": ("a.csv", CSV.replace(",", ";"), "separated by semicolons: save it with commas"),
    "tabs": ("a.csv", CSV.replace(",", "\t"), "separated by tabs: save it with commas"),
    "decimal commas": ("a.csv", CSV.replace("1.6", "1,6"), "row 2 has 7 cells and the line of names 6"),
    "quoted decimal commas": ("a.csv", CSV.replace("1.6", '"1,6"'), "row 2 is no number, such as 1.52"),
    "American date": ("a.csv", CSV.replace("2022-04-12", "04/12/2022"), "row 2 is no date, such as 2022-04-12"),
    "no date in a cell": ("a.csv", CSV.replace("2022-04-12", ""), "(found an empty cell)"),
    "two thicknesses": ("a.csv", CSV.replace("uncertainty", "sit (m)"), "keep one of them (found thickness, sit (m))"),
    "positions unknown": ("a.csv", CSV.replace("80", "NaN").replace(".1", ""), "no row has a date, a position"),
    "RRDP of other names": ("a.dat", RRDP.replace("obsID", "ID"), "RRDP files begin with obsID date lat lon"),
    "RRDP with blanks in dates": ("a.dat", RRDP.replace("T", " "), "row 1 has 12 cells and the line of names 11"),
    "RRDP with a gap": ("a.dat", RRDP.replace("nan", ""), "row 2 has 10 cells and the line of names 11: write nan"),
    "Latin letters": ("a.csv", CSV.encode().replace(b"A,", b"Bou\xe9e,"), "is not text in UTF-8: save it so"),
    "other unit": ("a.csv", CSV.replace("thickness", "thickness (kg)"), "cannot be converted to m"),
    "south of the pole": ("a.csv", CSV.replace("80.1", "-99"), "latitude"),
    "other measure": ("a.csv", "measures,date,lat,lon,sit\nridge,2022-04-12,80,0,1\n", "neither level_ice nor mean"),
    "empty": ("a.csv", "", "is not a table"),
    "without rows": ("a.csv", CSV.splitlines()[0], "no row has a date"),
    "freeboard": ("a.dat", "obsID date lat lon FRB FRBstd\nA 2015-01-15 80 0 0.3 0.1\n", "freeboard"),
    "sonar without position": ("a.dat", "% drafts\n20030820 000000 1.0\n", "names no mooring"),
    "sonar of other columns": ("a.dat", SONAR.replace("20030821", "21/08/03"), "date (YYYYMMDD)"),
    "another text": ("a.txt", "Dear reader\n", "not a file of measurements"),
}


@pytest.mark.parametrize(("name", "text", "sentence"), WRONG.values(), ids=WRONG)
def test_a_wrong_file_is_refused_in_one_sentence(tmp_path, name, text, sentence):
    path = write(tmp_path, name, text)
    with pytest.raises(InputError) as refused:
        in_situ.read(path)
    message = str(refused.value)
    assert sentence in message and str(path) in message and "\n" not in message


def test_wrong_buoys_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"hi: variable missing; the file holds.* a buoy's has time, lat, lon and hi"):
        in_situ.read(write_buoy(tmp_path / "a.nc", [0], [1.0], drop=("hi",)))
    with pytest.raises(InputError, match=r"thickness: 1 of 2 outside 0 to 20 m: state the unit .* mark missing"):
        in_situ.read(write_buoy(tmp_path / "d.nc", [0, 1], [1.0, -9999.0]))
    with pytest.raises(InputError, match="hi: no time has a position and a thickness"):
        in_situ.read(write_buoy(tmp_path / "b.nc", [0], [np.nan]))
    (tmp_path / "c.nc").write_text("buoy")
    with pytest.raises(InputError, match=r"c\.nc: cannot be read"):
        in_situ.read(tmp_path / "c.nc")


def test_two_files_that_disagree_on_a_day_are_refused(tmp_path):
    write_buoy(tmp_path / "A.nc", [0], [1.5])
    write(tmp_path, "b.csv", "buoy,date,lat,lon,thickness\na,2022-04-12,80,0,1.9\n")
    with pytest.raises(InputError, match="keep one of the files"):
        in_situ.read_all(in_situ.list_files(tmp_path))


def test_a_folder_without_measurements_is_told(tmp_path):
    write(tmp_path, "README.txt", "nothing")
    with pytest.raises(MissingInput, match="in it and its subfolders"):
        in_situ.list_files(tmp_path)
    with pytest.raises(MissingInput, match="there is no such folder"):
        in_situ.list_files(tmp_path / "other")


def test_a_file_that_may_not_be_read_is_a_fault_of_the_machine(tmp_path, monkeypatch):
    path = write(tmp_path, "a.csv", CSV)

    def refuse(*arguments, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(MachineError):
        in_situ.read(path)


@needs_real_files
def test_the_real_buoy_of_12_april_2022():
    buoys = {buoy.platform: buoy for buoy in in_situ.read_all(in_situ.list_files(REAL))}
    assert len(buoys) == 15
    buoy = buoys["Dartmouth 2021 #3"]
    (point,) = np.flatnonzero(buoy.days == np.datetime64("2022-04-12"))
    found = buoy.latitude[point], buoy.longitude[point], buoy.thickness[point]
    assert found == pytest.approx((78.769, -139.374, 1.816), abs=1e-3)
    # The winter of tests: 667 buoy-days between 15 October and 30 April, counted in the table by other means.
    days = np.concatenate([buoy.days for buoy in buoys.values()])
    assert np.sum((days >= np.datetime64("2022-10-15")) & (days <= np.datetime64("2023-04-30"))) >= 667


def test_a_hyphen_between_numbers_tells_two_platforms_apart(tmp_path):
    text = "platform,date,lat,lon,sit\nM 1-1,2022-04-12,80,0,1.5\nM 11,2022-04-12,75,0,2.5\n"
    assert [one.platform for one in in_situ.read(write(tmp_path, "a.csv", text))] == ["M 1-1", "M 11"]


def test_a_platform_of_two_files_is_one_however_its_name_is_spelt(tmp_path):
    for name, spelt in (("a.csv", "IMB 2015-1b"), ("b.csv", "imb_2015_1B")):
        write(tmp_path, name, f"platform,date,lat,lon,sit\n{spelt},2022-04-12,80,0,1.5\n")
    (one,) = merge_series([series for name in ("a.csv", "b.csv") for series in in_situ.read(tmp_path / name)])
    assert one.thickness.size == 1
