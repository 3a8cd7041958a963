"""The report: one file, nothing to load from elsewhere, and only the parts that have content."""

import re
from html.parser import HTMLParser

import pandas as pd
import pytest

from superice.network.released import find_released
from superice.report.page import Contents, render

SCORES = pd.DataFrame(
    {
        "branch": "model",
        "split": "test",
        "experiment": ["reference", "low_resolution"],
        "field": ["generated", "low_resolution"],
        "dates": 3,
        "members": [30, 1],
        "rmse": [0.2003, 0.2501],
        "rmse_gain_percent": [20.0, float("nan")],
    }
)


class Page(HTMLParser):
    """A parsed page: the addresses that it loads, its text, and the tags that are still open."""

    def __init__(self, text):
        super().__init__()
        self.loads, self.open, self.text = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.loads += [value for name, value in attributes if name in ("src", "href")]
        if tag not in ("meta", "link", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "spectra.png"
    path.write_bytes(b"\x89PNG")
    return path


def test_everything_is_inside_the_page(picture):
    contents = Contents("demo", {"grid": "demo"}, SCORES, figures=[picture], configuration={"name": "<demo>"})
    page = Page(render(contents))
    assert page.open == []
    assert all(load.startswith(("#", "data:")) for load in page.loads)
    assert any(load == "data:image/png;base64,iVBORw==" for load in page.loads)
    assert "Power spectra" in page.text
    assert "0.200" in page.text
    assert '"name": "<demo>"' in page.text


def test_each_anchor_stands_once_and_each_link_finds_one(tmp_path):
    """A figure may have the name of a section, such as ``scores``."""
    pictures = [tmp_path / f"{name}.png" for name in ("scores", "parts", "scales")]
    for path in pictures:
        path.write_bytes(b"\x89PNG")
    text = render(Contents("demo", {}, SCORES, regions=SCORES.assign(region="pack"), figures=pictures))
    anchors = re.findall(r' id="([^"]+)"', text)
    assert len(set(anchors)) == len(anchors)
    assert set(re.findall(r'href="#([^"]+)"', text)) <= set(anchors)


def test_thickness_strata_and_scales_have_tables_with_their_coverage():
    run = {"branch": "model", "split": "test", "experiment": "e", "spread_skill": 0.5, "coverage_90_percent": 71.0}
    thicknesses = pd.DataFrame([run | {"thickness": "from 3 m"}])
    strata = pd.DataFrame([run | {"stratum": "coast", "inputs": "some inputs"}])
    scales = pd.DataFrame(
        [run | {"kind": "box", "scale": "45 km", "width_km": 45.0, "days": 1, "means": 90, "crps": 0.1}]
    )
    page = Page(render(Contents("demo", {}, SCORES, by_thickness=thicknesses, by_stratum=strata, by_scale=scales)))
    assert page.open == []
    for text in ("from 3 m", "some inputs", "45 km", "spread by 0.50 in boxes of 45 km"):
        assert text in page.text, text
    assert page.text.count("within 90 %") == 3 and "71" in page.text


def test_intervals_stand_below_their_scores():
    scores = SCORES.assign(rmse_lower=[0.19, float("nan")], rmse_upper=[0.23, float("nan")])
    text = render(Contents("demo", {}, scores))
    assert "<td>0.200\n0.190 to\n0.230</td>" in text
    assert "<td>0.250</td>" in text


def test_regions_months_and_thin_ice_have_tables():
    regions, months = SCORES.assign(region="marginal"), SCORES.assign(month=11)
    thin = pd.DataFrame({"branch": ["model"], "split": ["test"], "experiment": ["e"], "source": ["truth"]})
    thin = thin.assign(region="ice", month=float("nan"), quantile_1_percent=0.25, fractions_skill_1_m_15_km=0.875)
    leads = pd.DataFrame({"branch": "model", "split": "test", "experiment": ["a", "a", "b", "b"]})
    leads = leads.assign(source=["truth", "generated"] * 2, lead_fraction_percent=[3.125, 1.5, 3.125, 2.5])
    contents = Contents("demo", {}, SCORES, regions=regions, months=months, thin_ice=thin, leads=leads)
    page = Page(render(contents))
    assert page.open == []
    for cell in ("marginal", "November", "quantile 1 % (m)", "FSS 1 m 15 km", "0.875"):
        assert cell in page.text, cell
    assert page.text.count("3.125") == 1  # the truth's leads stand once, not with every experiment


def test_what_all_experiments_share_stands_once_in_a_region():
    rows = [(r, e, s) for e in ("a", "b") for r in ("ice", "pack") for s in ("truth", "generated", "low_resolution")]
    thin = pd.DataFrame(rows, columns=["region", "experiment", "source"]).assign(branch="model", split="test")
    thin = thin.assign(month=float("nan"), quantile_1_percent=[0.5, 0.25, 1.0] * 4)
    page = render(Contents("demo", {}, thin_ice=thin))
    cells = re.findall(r"<td>(ice|pack)</td><td>(\w*)</td><td>([\w ]+)</td>", page)
    of_a_region = [("", "truth"), ("", "low resolution"), ("a", "generated"), ("b", "generated")]
    assert cells == [(region, *row) for region in ("ice", "pack") for row in of_a_region]


def test_numbers_of_a_column_have_as_many_decimals():
    scores = SCORES.assign(rmse_gain_percent=[-1.891, 27.64], rmse=[-0.0001, 11.3])
    text = render(Contents("demo", {}, scores))
    for cell in ("-1.9", "27.6", "0.000", "11.300"):
        assert f"<td>{cell}</td>" in text, cell


def test_parts_without_content_are_left_out():
    text = Page(render(Contents("real-day", {"grid": "superice"}))).text
    for part in ("Scores", "Figures", "Studies", "Missing", "Weights"):
        assert part not in text
    told = Contents("real-day", {}, missing=pd.DataFrame())
    assert "every input of every day was read" in render(told)


def test_missing_inputs_are_listed_with_their_reason():
    missing = pd.DataFrame([{"date": "2022-12-05", "product": "drift", "file": "a.nc", "reason": "truncated"}])
    assert "truncated" in render(Contents("demo", {}, missing=missing))


def test_figures_are_numbered_in_the_order_of_the_page(tmp_path):
    """Volume and maps come first, then skill, calibration and inputs, whatever the order of the files."""
    pictures = [tmp_path / f"{name}.png" for name in ("training", "calibration", "spectra", "maps", "inputs_20230110")]
    for path in pictures:
        path.write_bytes(b"\x89PNG")
    page = Page(render(Contents("demo", {}, SCORES, figures=pictures)))
    titles = re.findall(r"Figure (\d)\. ([^,.]+)", page.text)
    assert [number for number, _ in titles] == list("12345")
    assert [title.split()[0] for _, title in titles] == [
        "Low-resolution",
        "Power",
        "Calibration",
        "Observed",
        "Training",
    ]


def test_the_page_opens_with_where_and_the_verdict_and_folds_wide_tables():
    rows = pd.DataFrame({"branch": "model", "split": "test", "experiment": "reference", "dates": 3, "members": [30, 1]})
    rows = rows.assign(
        field=["generated", "low_resolution"], rmse=[0.3, 0.25], crps=[0.2, 0.19], fine_variance_ratio=[9.0, 0]
    )
    rows = rows.assign(rmse_gain_percent=-20.0, crps_gain_percent=-5.0, spread_skill=2.5, coverage_90_percent=99.5)
    scores = rows.assign(experiment=["reference", "low_resolution"])
    contents = Contents("demo", {"grid": "demo"}, scores, published="reference", all_dates=rows, locator="<svg></svg>")
    text = render(contents)
    shown = Page(text).text
    assert (
        text.index("<svg>")
        < text.index("reference: worse than its input")
        < text.index("0.300 m")
        < text.index('<h2 id="skill"')
    )
    assert "2.5 times too wide" in shown and "Do not use these members" in shown
    assert text.count("<details>") == text.count("</details>") > 1


def test_a_report_of_studies_gives_no_verdict():
    studies = SCORES.assign(study="steps", varies="sampler.steps", value="10")
    text = render(Contents("demo", {}, studies=studies))
    assert "nothing can be said of their skill" not in text and "All" not in text
    assert "nothing can be said of their skill" in render(Contents("demo", {}))


def test_the_report_of_released_weights_says_what_they_are_good_for():
    page = Page(render(Contents("real-day", {}, weights=[find_released()])))
    assert "The weights were trained on the synthetic Arctic alone, for trying out" in page.text
    assert "The weights were" not in Page(render(Contents("real-day", {}))).text
