"""Settings of the documentation site: `make docs` builds it with Sphinx, without a network."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import pages  # noqa: E402  beside this file
import pydantic  # noqa: E402

from superice import __version__  # noqa: E402

project, author, copyright = "SuperIce", "the authors of SuperIce", "the authors of SuperIce, MIT licence"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
myst_heading_anchors = 4
suppress_warnings = ["ref.python"]  # two classes may have one name, in annotations that name no module
default_role = "code"
smartquotes = False
nitpicky = True
nitpick_ignore_regex = [
    ("py:.*", r"(?!superice).*"),  # other libraries, whose pages are not at hand without a network
    (
        "py:.*",
        r"superice\..*\.(_\w+|Any\w+|Partial\w+|\w+Section|Annotated|Item|Kind|Result|Values)",
    ),  # validators and type variables
]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "exclude-members": "model_config"}
napoleon_google_docstring = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = f"SuperIce {release}"
html_static_path, html_css_files = ["static"], ["site.css"]
html_search_scorer = str(HERE / "static/scorer.js")
html_show_sourcelink = False
html_copy_source = False


def setup(app) -> dict[str, bool]:
    """Write the generated pages before the build, and point links between pages of the repository to those of the site."""
    pages.write_pages(HERE / pages.GENERATED)
    app.connect("source-read", _point_links)
    app.connect("autodoc-process-signature", _shorten_settings)
    return {"parallel_read_safe": True}


def _shorten_settings(app, what: str, name: str, obj, *_: object) -> tuple[str, None] | None:
    """Leave out the signature of a class of settings: its keys are in the table of the configuration."""
    is_settings = what == "class" and isinstance(obj, type) and issubclass(obj, pydantic.BaseModel)
    return ("", None) if is_settings else None


def _point_links(app, docname: str, source: list[str]) -> None:
    path = HERE / f"{docname}.md"
    if path.exists() and pages.GENERATED not in docname:
        source[0] = pages.point_links(source[0], of=path, to=path)
