"""Options, settings files and error messages that the commands of the workflow share."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from superice.errors import InputError, MachineError, OutputError
from superice.utils.machine import find_fault


class _Help(argparse.RawDescriptionHelpFormatter, argparse.ArgumentDefaultsHelpFormatter):
    """Show a description as it is written, and every default that is a value."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        has_value = action.default not in (None, [], False)
        return super()._get_help_string(action) if has_value else action.help


def make_parser(description: str) -> argparse.ArgumentParser:
    """Return a parser; its ``--help`` shows the description as it is written, and every default."""
    return argparse.ArgumentParser(description=description, formatter_class=_Help, allow_abbrev=False)


def parse_day(text: str) -> date:
    """Read an option's value: a day as YYYYMMDD or YYYY-MM-DD."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day; write it as YYYY-MM-DD") from error


def parse_count(text: str) -> int:
    """Read an option's value: a whole number above 0."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def read_settings(path: str) -> dict:
    """Read an option's value: a YAML file of settings. Raises InputError when it is missing or holds no mapping."""
    import yaml

    class Loader(yaml.SafeLoader):
        """Leaves a date that there is not, such as 2023-13-01, as text, which the check of its key refuses by name."""

        def construct_yaml_timestamp(self, node: Any) -> Any:
            try:
                return super().construct_yaml_timestamp(node)
            except ValueError:
                return node.value

    Loader.add_constructor("tag:yaml.org,2002:timestamp", Loader.construct_yaml_timestamp)
    try:
        content = yaml.load(Path(path).read_text(encoding="utf-8"), Loader)
    except FileNotFoundError as error:
        raise InputError("there is no such file", file=path) from error
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", file=path) from error
    except yaml.MarkedYAMLError as error:
        place = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise InputError(f"not YAML{place}", file=path) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError("not YAML, which is text in UTF-8", file=path) from error
    if not isinstance(content, dict):
        raise InputError("holds no settings (a mapping is expected)", file=path)
    return content


class _Input(argparse.Action):
    """An option that names a file or a folder, which must be there: it is looked for before anything that takes long."""

    def __init__(self, *, kind: str, remedy: str, read: Callable[[str], Any] | None = None, **options: Any) -> None:
        super().__init__(type=Path, **options)
        self.kind, self.remedy, self.read = kind, remedy, read

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        for path in values if isinstance(values, list) else [values]:
            self._require(path, option_string or self.dest)
        setattr(namespace, self.dest, self.read(str(values)) if self.read else values)

    def _require(self, path: Path, name: str) -> None:
        if not path.exists():
            raise InputError(f"{name}: there is no {self.kind} {path}; {self.remedy}")
        if (self.kind == "file" and path.is_dir()) or (self.kind == "folder" and not path.is_dir()):
            raise InputError(f"{name}: {path} is no {self.kind}; {self.remedy}")


def add_input(parser: Any, name: str, *, remedy: str, kind: str = "file", **options: Any) -> None:
    """Add an option, or an argument, whose value is a path that must be there.

    Parameters
    ----------
    parser
        The parser, or a group of its options.
    name
        Of the option, or of the argument.
    remedy
        What to do where there is nothing: the end of the sentence that the command then ends with.
    kind
        What must be there: a ``file``, a ``folder``, or a ``file or folder``.
    options
        Those of ``add_argument``; ``read`` makes the value of the path.
    """
    parser.add_argument(name, action=_Input, kind=kind, remedy=remedy, **options)


class _Output(argparse.Action):
    """An option that names a file to write, whose ending says its format."""

    def __init__(self, *, suffixes: Sequence[str], **options: Any) -> None:
        super().__init__(type=Path, **options)
        self.suffixes = suffixes

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        if values.suffix not in self.suffixes:
            raise InputError(f"{option_string}: {values} does not end in {' or '.join(self.suffixes)}")
        setattr(namespace, self.dest, values)


def add_output(parser: Any, name: str, *, suffixes: Sequence[str], **options: Any) -> None:
    """Add an option whose value is a file to write.

    Parameters
    ----------
    parser
        The parser, or a group of its options.
    name
        Of the option.
    suffixes
        The endings that its file may have.
    options
        Those of ``add_argument``.
    """
    parser.add_argument(name, action=_Output, suffixes=suffixes, **options)


def require_apart(outputs: Mapping[str, Path | None], inputs: Mapping[str, Path | None]) -> None:
    """Raise InputError where a file to write is one that is read, or another one to write; both by their options."""
    files: dict[Path, str] = {path.resolve(): option for option, path in inputs.items() if path}
    for option, path in outputs.items():
        if path and path.resolve() in files:
            raise InputError(
                f"{option}: {path} is the file of {files[path.resolve()]}, and would be lost; name another"
            )
        if path:
            files[path.resolve()] = option


class _RenamedOption(argparse.Action):
    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        raise InputError(f"{option_string} is now called {self.const}")


def add_renamed_options(parser: argparse.ArgumentParser, renamed: Mapping[str, str]) -> None:
    """Let the old name of an option end with a sentence that says the new one."""
    for old, new in renamed.items():
        parser.add_argument(old, action=_RenamedOption, nargs="?", const=new, help=argparse.SUPPRESS)


def parse_area(text: str) -> str | dict[str, Any]:
    """Read an option's value: the name of an area, or ``{centre: [lat, lon], size_km: [width, height], step_km: 3}``."""
    if not text.lstrip().startswith("{"):
        return text
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(
            "--area: neither a name nor {centre: [lat, lon], size_km: [width, height]}", value=text
        ) from error


AREA = "name of the grid, or {centre: [lat, lon], size_km: [width, height], step_km: 3}"


def add_grid(parser: argparse.ArgumentParser) -> None:
    """Add the options ``--area`` and ``--areas``, which name a grid."""
    parser.add_argument("--area", type=parse_area, required=True, help=AREA)
    parser.add_argument(
        "--areas", type=Path, help="file of area definitions, from the current folder (default: the package's own)"
    )


def add_publication(parser: argparse.ArgumentParser) -> None:
    """Add the option ``--publication``: who publishes what the command writes."""
    add_input(
        parser,
        "--publication",
        read=read_settings,
        remedy="name a YAML file with the keys of the section publication, or leave the option out",
        default={},
        help="who publishes, for the attributes of the output, YAML",
    )


def add_threads(parser: argparse.ArgumentParser) -> None:
    """Give a command the option ``--threads``, for ``use_threads``."""
    parser.add_argument("--threads", type=parse_count, help="threads for the arithmetic on a CPU (default: its cores)")


def use_threads(count: int | None) -> None:
    """Let torch calculate with that many threads on a CPU; None leaves it one for each core."""
    if count:
        import torch

        torch.set_num_threads(count)


def run_command(main: Callable[[], None]) -> None:
    """Call ``main``; an InputError, a fault of the machine or a file that is not there ends the command with one sentence.

    The exit status is then 1. Errors of libraries that have no number of the operating system keep their traceback.

    Figures are drawn into files, whatever backend the terminal exports for Matplotlib: with that of a notebook, which is
    not installed here, Matplotlib would refuse to be imported.
    """
    os.environ["MPLBACKEND"] = "Agg"
    try:
        main()
    except (InputError, MachineError, OutputError) as error:
        _fail(str(error))
    except (OSError, MemoryError) as error:
        reason = find_fault(error) or _find_fault_of_file(error)
        if reason is None:
            raise
        file = getattr(error, "filename", None)
        _fail(f"{file}: {reason}" if file else reason)


def _find_fault_of_file(error: BaseException) -> str | None:
    """Return why a named file cannot be used, such as that it is not there; None for any other error."""
    if isinstance(error, OSError) and error.filename is not None and (error.errno or 0) > 0:
        return error.strerror
    return None


def _fail(sentence: str) -> None:
    print(f"error: {sentence}", file=sys.stderr)
    sys.exit(1)
