"""Templates and captions come with the package; figures stand in the page with their captions."""

from pathlib import Path

import pytest
from shipped_configurations import load

from superice.report import surrogate_page
from superice.report.page import CAPTIONS
from superice.report.resources import embed_figure, load_captions
from superice.run.configuration import Configuration
from superice.run.figure_files import collect_figures
from superice.run.paths import RunPaths

ROOT = Path(__file__).parents[3]


def test_every_figure_of_the_workflow_has_a_caption(tmp_path):
    run = Configuration(load("demo"))
    captions = load_captions(CAPTIONS)
    figures = collect_figures(run, RunPaths(run))
    assert len(figures) >= 17
    for name in figures:
        (tmp_path / f"{name}.png").touch()
        assert embed_figure(tmp_path / f"{name}.png", captions).section != "More", name


@pytest.mark.parametrize("name", [CAPTIONS, surrogate_page.CAPTIONS])
def test_every_caption_has_a_title_and_a_text(name):
    for caption in load_captions(name).values():
        assert caption["title"] and caption["text"]
        assert ("section" in caption) == (name == CAPTIONS)


@pytest.mark.parametrize(
    ("file", "title", "section"),
    [
        ("maps.png", "Maps", "All"),
        ("maps_zoom.png", "Zoomed maps", "All"),
        ("maps_20221117.png", "Maps, 2022-11-17", "All"),
        ("maps_model.gif", "Maps, model", "All"),
        ("maps_min_rate.png", "Maps, min rate", "All"),
        ("other.png", "other", "More"),
    ],
)
def test_a_figure_has_the_caption_of_its_name_or_of_its_kind(tmp_path, file, title, section):
    captions = {
        name: {"title": title, "text": "Text.", "section": "All"}
        for name, title in (("maps", "Maps"), ("maps_zoom", "Zoomed maps"))
    }
    (tmp_path / file).write_bytes(b"data")
    figure = embed_figure(tmp_path / file, captions)
    assert (figure.title, figure.section) == (title, section)
    assert (figure.type, figure.data) == (file[-3:], "ZGF0YQ==")
