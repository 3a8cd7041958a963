"""Read the templates and captions of the reports, and embed figures in a page."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import yaml
from jinja2 import Environment, StrictUndefined, Template

Captions = dict[str, dict[str, str]]


@dataclass(frozen=True)
class EmbeddedFigure:
    """A figure as a page holds it.

    Attributes
    ----------
    key : str
        Name of its file without the suffix.
    kind : str
        The beginning of its name that has a caption.
    type : str
        png or gif.
    data : str
        The file in base64.
    title, text, section : str
        Its caption, and the section of the page in which it stands.
    """

    key: str
    kind: str
    type: str
    data: str
    title: str
    text: str = ""
    section: str = ""


def load_template(name: str) -> Template:
    """Return a template of this package."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_read(name))


def load_captions(name: str) -> Captions:
    """Return captions of this package, by name of the figure: title, text and, in the report of a run, section."""
    return yaml.safe_load(_read(name))


def _read(name: str) -> str:
    return files("superice.report").joinpath(name).read_text(encoding="utf-8")


def embed_figure(path: Path, captions: Captions) -> EmbeddedFigure:
    """Return a figure with its caption.

    The caption is that of the figure's name. One figure of several, such as maps_20221117, has the caption of maps, and
    its title ends with what distinguishes it. A figure without a caption has its name as its title and stands in the
    section More.
    """
    kind, part = _split_name(path.stem, captions)
    caption = captions.get(kind, {"title": kind, "section": "More"})
    if part:
        caption = caption | {"title": f"{caption['title']}, {part}"}
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    return EmbeddedFigure(path.stem, kind, path.suffix.removeprefix("."), data, **caption)


def _split_name(name: str, captions: Captions) -> tuple[str, str]:
    """Return the longest beginning of a name that has a caption, and the rest as text, dates as in 2022-11-17."""
    words = name.split("_")
    for count in range(len(words), 0, -1):
        kind, rest = "_".join(words[:count]), " ".join(words[count:])
        if kind in captions:
            return kind, f"{rest[:4]}-{rest[4:6]}-{rest[6:]}" if rest.isdigit() else rest
    return name, ""
