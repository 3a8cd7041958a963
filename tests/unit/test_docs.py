"""The documentation site: links between the pages of the repository, pages made of notebooks and parsers, the build."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from superice.fields.grid import load_grid
from superice.run.settings import SurrogateSettings

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"


@pytest.fixture(scope="module")
def pages():
    """The module docs/pages.py."""
    spec = importlib.util.spec_from_file_location("pages", DOCS / "pages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("link", "of", "to", "expected"),
    [
        ("[a](data.md#grids)", "docs/method.md", "docs/method.md", "[a](data.md#grids)"),
        (
            "[a](../config/README.md#experiments)",
            "docs/x.md",
            "docs/x.md",
            "[a](_generated/configuration-files.md#experiments)",
        ),
        ("[a](docs/data.md)", "README.md", "docs/_generated/readme.md", "[a](../data.md)"),
        ("[a](LICENSE)", "README.md", "docs/_generated/readme.md", "[a](../../LICENSE)"),
        ("[a](superice/readers)", "README.md", "docs/_generated/readme.md", "[a]"),
        ("[a](https://example.org/x.md)", "README.md", "docs/_generated/readme.md", "[a](https://example.org/x.md)"),
        ("```\n[a](docs/data.md)\n```", "README.md", "docs/_generated/readme.md", "```\n[a](docs/data.md)\n```"),
    ],
)
def test_links_lead_to_the_pages_of_the_site(pages, link, of, to, expected):
    assert pages.point_links(link, REPOSITORY / of, REPOSITORY / to) == expected


def test_notebooks_are_their_text_and_code(pages):
    text = pages._read(REPOSITORY / "examples/1_a_day.ipynb")
    assert text.startswith("# ") and "```python\nimport superice" in text and "cell_type" not in text


def test_commands_are_described_by_their_parsers(pages):
    from superice import cli

    text = "".join(pages._describe_parser("superice generate", lambda: cli.COMMANDS["generate"]([])))
    assert text.startswith("### superice generate") and "--weights" in text and "usage: superice generate" in text
    with pytest.raises(RuntimeError, match="has read no options"):
        list(pages._describe_parser("nothing", lambda: None))


def test_every_page_is_in_the_contents(pages):
    """Sphinx says this too, but only when the site is built."""
    contents = (DOCS / "index.md").read_text() + (DOCS / "experiments/index.md").read_text()
    listed = {line.removesuffix(">").split("/")[-1] for line in contents.split("\n")}
    written = {path.stem for path in [*DOCS.glob("*.md"), *(DOCS / "experiments").glob("*.md")]} - {"index"}
    assert written <= listed
    assert {Path(name).stem for name in pages.OUTER.values()} <= listed


def test_the_forcings_that_the_surrogates_page_asks_for_cover_its_area():
    """All cells of the default area, and less than a degree more."""
    (asked,) = re.findall(r"north of (\d+)° N", (DOCS / "surrogate.md").read_text())
    lowest = load_grid(None, SurrogateSettings().area).lonlat()[1].min()
    assert 0 < lowest - int(asked) < 1


@pytest.mark.slow
def test_the_site_is_built_without_a_warning(tmp_path):
    command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--nitpicky", "--quiet"]
    result = subprocess.run([*command, DOCS, tmp_path], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "sit_std" in (tmp_path / "data.html").read_text()
    assert "superice.fields.grid.load_grid" in (tmp_path / "_generated/modules-base.html").read_text()
