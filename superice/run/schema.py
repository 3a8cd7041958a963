"""Write what the settings declare: a JSON schema of the configuration, and the reference table in the documentation.

python -m superice.run.schema
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import yaml

from superice.network.settings import FORMULATION_SETTINGS
from superice.run.settings import RunSettings
from superice.utils.command_line import make_parser, run_command
from superice.utils.files import write_text
from superice.utils.settings import DISCRIMINATOR, Settings

SCHEMA = Path(__file__).with_name("schema.yaml")
REFERENCE = Path(__file__).parents[2] / "docs" / "configuration.md"
HEADER = "# Written by `python -m superice.run.schema` from the settings of the package: do not edit.\n"
INTRODUCTION = """# Configuration

<!-- Written by `python -m superice.run.schema` from the settings of the package: do not edit. -->

Every key of the configuration with its type, default, unit, bounds and meaning. The defaults are the numbers of the
report. A wrong or unknown key ends the run at once with a sentence that names the key, the file that states it, and
the nearest known key.
[config/README.md](../config/README.md) shows how to change keys.
"""
COLUMNS = ("key", "type", "default", "unit", "bounds", "meaning")
# Sections that have the keys of another one and state only what differs.
PARTIAL = {
    "feature_sets": ("feature_sets.<name>", "features"),
    "experiments": ("experiments.<name>", "defaults"),
    "surrogate.experiments": ("surrogate.experiments.<name>", "surrogate.defaults"),
}
TYPES = {"boolean": "true or false", "integer": "integer", "number": "number", "string": "text", "null": "null"}
SHORT_DEFAULT = 60  # characters
# Bounds that pydantic writes under its own names, those of the items of a list and of one type among several.
BOUNDS = {"gt": "exclusiveMinimum", "ge": "minimum", "lt": "exclusiveMaximum", "le": "maximum"}


def make_schema() -> str:
    """Return the JSON schema of the configuration as YAML."""
    schema = _tidy(RunSettings.model_json_schema())
    return HEADER + yaml.safe_dump(schema, sort_keys=False, width=120, allow_unicode=True)


def _tidy(node: Any) -> Any:
    """Return a schema without titles, without defaults of whole sections or that are not given, with bounds as JSON has."""
    if isinstance(node, list):
        return [_tidy(item) for item in node]
    if not isinstance(node, dict):
        return node
    bounds = BOUNDS if node.get("type") in ("number", "integer") else {}
    return {bounds.get(key, key): _tidy(value) for key, value in node.items() if not _is_noise(key, value, node)}


def _is_noise(key: str, value: Any, node: dict[str, Any]) -> bool:
    """Return whether an entry of a schema repeats a key, a section's own defaults, or a default that there is not."""
    if key == "title":
        return isinstance(value, str)
    if key == "default":
        return isinstance(value, dict) or (value is None and "anyOf" not in node)
    return key == "discriminator" and isinstance(value, dict)


def make_reference() -> str:
    """Return the reference of the configuration as Markdown: a table for each section, one for those that are alike."""
    alike: dict[str, list[str]] = {}
    for name, kind, default in _list_sections("", RunSettings, None):
        alike.setdefault(_describe_section(name, kind, default), []).append(f"`{name}`" if name else "The whole")
    return INTRODUCTION + "".join(f"\n## {', '.join(names)}{text}" for text, names in alike.items())


def _list_sections(
    name: str, kind: type[Settings], default: Settings | None
) -> Iterator[tuple[str, type[Settings], Settings | None]]:
    """Yield each section as its dotted name, its model and the settings that it has by default."""
    yield name, kind, default
    for key, field in kind.model_fields.items():
        inner = f"{name}.{key}" if name else key
        value = field.default if default is None else getattr(default, key)
        if key == "diffusion":
            for formulation in FORMULATION_SETTINGS.values():
                same = isinstance(value, formulation) and type(value) is formulation
                yield inner, formulation, value if same else None
        elif section := _find_model(field.annotation):
            yield from _list_sections(inner, section, value if isinstance(value, section) else None)


def _find_model(annotation: Any) -> type[Settings] | None:
    """Return the model of a nested section, also of one that may be null; None for a plain key."""
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        return None if annotation.is_partial else annotation
    return next((model for part in get_args(annotation) if (model := _find_model(part))), None)


def _describe_section(name: str, kind: type[Settings], default: Settings | None) -> str:
    """Return what follows the names of a section: its formulation, a sentence, and the table of its keys."""
    schema = _tidy(kind.model_json_schema())
    rows = []
    for key, field in kind.model_fields.items():
        partial = PARTIAL.get(f"{name}.{key}" if name else key)
        if partial or key == "diffusion" or _find_model(field.annotation):
            continue
        declared = schema["properties"][key]
        value = field.default if default is None else getattr(default, key)
        rows.append(
            (
                f"`{key}`",
                _describe_type(declared),
                "required" if field.is_required() else _format_value(value),
                declared.get("unit", ""),
                ", ".join(dict.fromkeys(_list_bounds(declared))),
                field.description,
            )
        )
    title = (
        f" with `formulation: {kind.model_fields[DISCRIMINATOR].default}`" if DISCRIMINATOR in kind.model_fields else ""
    )
    lines = [title, "", (kind.__doc__ or "").partition("\n")[0], ""]
    if rows:
        lines += [_join_row(COLUMNS), _join_row(["---"] * len(COLUMNS)), *map(_join_row, rows), ""]
    for key, (shown, of) in PARTIAL.items():
        if key.rpartition(".")[0] == name:
            lines += [f"`{shown}` has the keys of `{of}` and states only what differs.", ""]
    return "\n".join(lines).rstrip() + "\n"


def _join_row(cells: Any) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _describe_type(declared: dict[str, Any]) -> str:
    if "anyOf" in declared:
        return " or ".join(_describe_type(part) for part in declared["anyOf"])
    if "const" in declared:
        return f"`{declared['const']}`"
    if "enum" in declared:
        return ", ".join(f"`{value}`" for value in declared["enum"])
    if declared.get("type") == "array":
        if "prefixItems" in declared:
            return f"[{', '.join(_describe_type(part) for part in declared['prefixItems'])}]"
        return f"list of {_describe_type(declared['items'])}"
    return declared.get("format") or TYPES[declared["type"]]


def _format_value(value: Any) -> str:
    if value is None:
        return ""
    text = yaml.safe_dump(_make_plain(value), default_flow_style=True, width=1000).removesuffix("\n...\n").strip()
    return f"`{text}`" if len(text) <= SHORT_DEFAULT else "see config/config.yaml"


def _make_plain(value: Any) -> Any:
    return [_make_plain(item) for item in value] if isinstance(value, tuple) else value


def _list_bounds(declared: dict[str, Any]) -> Iterator[str]:
    """Yield the bounds of a key and of its items in words."""
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    for key, sign in signs.items():
        if key in declared:
            yield f"{sign} {declared[key]:g}"
    if "multipleOf" in declared:
        yield f"multiple of {declared['multipleOf']:g}"
    if "pattern" in declared and "format" not in declared:
        yield f"`{declared['pattern']}`"
    if "prefixItems" not in declared:
        if "minItems" in declared:
            yield f"at least {declared['minItems']}"
        if "maxItems" in declared:
            yield f"at most {declared['maxItems']}"
    for part in (*declared.get("anyOf", ()), *declared.get("prefixItems", ())):
        yield from _list_bounds(part)
    if isinstance(declared.get("items"), dict):
        yield from _list_bounds(declared["items"])


def main() -> None:
    """Write both files."""
    parser = make_parser(__doc__)
    parser.add_argument("--schema", type=Path, default=SCHEMA, help="the schema, YAML")
    parser.add_argument("--reference", type=Path, default=REFERENCE, help="the reference, Markdown")
    args = parser.parse_args()
    write_text(args.schema, make_schema())
    write_text(args.reference, make_reference())


if __name__ == "__main__":
    run_command(main)
