"""Write the pages of the site that are made of other files: notebooks, help of the commands, docstrings, root pages."""

from __future__ import annotations

import argparse
import json
import os
import re
import runpy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

REPOSITORY = Path(__file__).parents[1]
GENERATED = "_generated"
OUTER = {
    "README.md": "readme.md",
    "CONTRIBUTING.md": "contributing.md",
    "CODE_OF_CONDUCT.md": "code-of-conduct.md",
    "CHANGELOG.md": "changelog.md",
    "config/README.md": "configuration-files.md",
    "examples/README.md": "tutorials.md",
    "examples/1_a_day.ipynb": "1_a_day.md",
    "examples/2_a_season.ipynb": "2_a_season.md",
    "examples/3_train_your_own.ipynb": "3_train_your_own.md",
    "superice/released/superice-4.md": "weights.md",
}
"""Pages of the repository that lie outside docs/, and their names below docs/_generated."""
LAYERS = {
    "api": "superice.api",
    "workflow": "superice.run superice.package superice.report superice.figures",
    "evaluation": "superice.evaluation",
    "surrogate": "superice.surrogate",
    "network": "superice.network superice.training superice.inference superice.released",
    "data": "superice.dataset superice.readers superice.features superice.download superice.synthetic",
    "base": "superice.fields superice.utils superice.errors superice.seasons",
}
"""The pages of the reference of modules, and the packages on each."""
LINK = re.compile(r"(\]\()([^)\s#]+)(#[^)\s]*)?(\))")
LEADS_OUT = re.compile(r"^\[[^\]]+\]: (\.\./)+.*\n", re.MULTILINE)  # of the changelog: to the repository's host
FENCE = re.compile(r"^ *(```|~~~)")


def write_pages(folder: Path) -> None:
    """Write all generated pages; files that have not changed keep their time."""
    texts = {
        name: point_links(_read(REPOSITORY / path), REPOSITORY / path, folder / name) for path, name in OUTER.items()
    }
    texts["commands.md"] = describe_commands()
    texts |= {f"modules-{name}.md": describe_modules(name, packages.split()) for name, packages in LAYERS.items()}
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def point_links(text: str, of: Path, to: Path) -> str:
    """Return a page's text with its relative links as they are from the site's page ``to``.

    Links to pages that have a copy in the site lead there, those to other files of the repository to the files, and those
    to folders become plain text. Lines of code are left alone.
    """

    def point(match: re.Match[str]) -> str:
        opening, target, anchor, closing = match.groups()
        if "://" in target or target.startswith("mailto:"):
            return match[0]
        path = Path(os.path.normpath(of.parent / target))
        known = OUTER.get(_name(path))
        if known:
            path = REPOSITORY / "docs" / GENERATED / known
        elif path.is_dir():
            return "]"
        return f"{opening}{Path(os.path.relpath(path, to.parent)).as_posix()}{anchor or ''}{closing}"

    lines, in_code = [], False
    for line in text.split("\n"):
        if FENCE.match(line):
            in_code = not in_code
        lines.append(line if in_code else LINK.sub(point, line))
    return "\n".join(lines)


def _name(path: Path) -> str:
    """Return a path as it stands in ``OUTER``; nothing for one outside the repository."""
    return path.relative_to(REPOSITORY).as_posix() if path.is_relative_to(REPOSITORY) else ""


def _read(path: Path) -> str:
    """Return a page as Markdown: a notebook is its text and its code, without outputs."""
    if path.suffix != ".ipynb":
        return LEADS_OUT.sub("", path.read_text(encoding="utf-8"))
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    parts = []
    for cell in cells:
        text = "".join(cell["source"])
        parts.append(text if cell["cell_type"] == "markdown" else f"```python\n{text}\n```")
    return "\n\n".join(parts) + "\n"


def describe_commands() -> str:
    """Return the page of the commands, from the parsers of their options."""
    from superice import cli

    parts = [
        "# Commands\n",
        "What `--help` says of each command, written from its parser when this site was built.\n",
        "## The command superice\n",
        *_describe_parser("superice", cli.main),
    ]
    for name in cli.COMMANDS:
        parts += _describe_parser(f"superice {name}", lambda name=name: cli.COMMANDS[name]([]))
    parts.append("## Scripts of the workflow\n")
    parts.append("The rules run them; they can be run by hand: `python workflow/scripts/<name>.py --help`.\n")
    for path in sorted((REPOSITORY / "workflow/scripts").glob("*.py")):
        parts += _describe_parser(path.name, lambda path=path: runpy.run_path(str(path))["main"]())
    return "\n".join(parts)


class _ParserFound(Exception):
    """Carries the parser of a command out of it."""


def _describe_parser(name: str, command: Callable[[], None]) -> Iterator[str]:
    """Yield a heading and the help of a command, from the parser with which it reads its options."""

    def stop(parser: argparse.ArgumentParser, *_: object, **__: object) -> None:
        raise _ParserFound(parser)

    found = None
    patches = mock.patch.object(argparse.ArgumentParser, "parse_args", stop), mock.patch.object(sys, "argv", [name])
    with patches[0], patches[1], mock.patch.dict(os.environ, COLUMNS="96"):
        try:
            command()
        except _ParserFound as carrier:
            found = carrier.args[0]
        if found is None:
            raise RuntimeError(f"{name} has read no options")
        found.prog = name
        yield f"### {name}\n\n```text\n{found.format_help().rstrip()}\n```\n"


def describe_modules(page: str, packages: list[str]) -> str:
    """Return the page of some packages: each module's docstrings."""
    parts = [f"# Modules: {', '.join(package.removeprefix('superice.') for package in packages)}\n"]
    for package in packages:
        place = REPOSITORY / package.replace(".", "/")
        files = sorted(place.glob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
        for path in files:
            module = ".".join(path.relative_to(REPOSITORY).with_suffix("").parts)
            if path.stem != "__init__":
                parts.append(f"## {module}\n\n```{{eval-rst}}\n.. automodule:: {module}\n```\n")
    return "\n".join(parts)
