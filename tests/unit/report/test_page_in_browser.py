"""The report in a headless browser writes nothing to the console and requests nothing from a network.

The content security policy of the page forbids all requests, and a browser reports each blocked request in its console.
A page with a silent console has requested nothing.
"""

import shutil
import subprocess

import pandas as pd
import pytest
from PIL import Image

from superice.fields.grid import AREAS, load_grid
from superice.report.locator import draw_locator
from superice.report.page import Contents, render

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed (apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A report with every part in it."""
    folder = tmp_path_factory.mktemp("report")
    for name in ("spectra.png", "season_model.png", "animation_model.gif"):
        Image.new("RGB", (40, 30), "navy").save(folder / name)
    block = {"branch": "model", "split": "test", "experiment": "reference", "field": ["generated", "low_resolution"]}
    scores = pd.DataFrame(
        block
        | {"dates": 3, "members": [30, 1], "rmse": [0.2, 0.25], "rmse_lower": [0.1, None], "rmse_upper": [0.3, None]}
    )
    studies = scores.assign(study="steps", varies="sampler.steps", value=["10", ""]).drop(columns=["branch", "split"])
    spread = {"spread_skill": 0.9, "coverage_90_percent": 90.0}
    contents = Contents(
        name="<demo> & more",
        summary={"grid": "demo"},
        scores=scores,
        regions=scores.assign(region="pack"),
        months=scores.assign(month=11),
        studies=studies,
        missing=pd.DataFrame([{"date": "2022-12-05", "reason": "truncated"}]),
        figures=sorted(folder.iterdir()),
        configuration={"name": "</pre><script>alert(1)</script>"},
        published="reference",
        all_dates=scores.assign(
            crps=0.1, fine_variance_ratio=0.5, rmse_gain_percent=2.0, crps_gain_percent=1.0, **spread
        ),
        locator=draw_locator(load_grid(AREAS, "demo")),
    )
    path = folder / "report.html"
    path.write_text(render(contents), encoding="utf-8")
    return path


def opened(path):
    """Return the page as the browser renders it, and the lines of its console."""
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--enable-logging=stderr",
    ]
    command = [BROWSER, *options, f"--user-data-dir={path.parent / 'profile'}", "--dump-dom", path.as_uri()]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return result.stdout, [line for line in result.stderr.splitlines() if "CONSOLE" in line]


def test_a_report_opens_without_a_word_in_the_console(page):
    document, console = opened(page)
    assert console == []
    assert "One member through the season, model" in document
    assert document.count("<img ") == 3
    assert document.rstrip().endswith("</html>")


@pytest.mark.parametrize("more", ['<img src="http://127.0.0.1:9/x.png">', "<script>throw 1</script>"])
def test_a_request_or_a_script_would_be_seen(page, more):
    other = page.with_name("other.html")
    other.write_text(page.read_text(encoding="utf-8").replace("</body>", f"{more}</body>"), encoding="utf-8")
    assert len(opened(other)[1]) == 1
