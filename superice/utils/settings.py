"""Declare settings once: a model states the type, unit, bounds, default and meaning of every key.

The configuration, the scripts and the package build their settings from these models. The schema and the reference table
in the documentation are generated from them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy, deepcopy
from difflib import get_close_matches
from typing import Annotated, Any, ClassVar, Self, TypeVar, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    WrapValidator,
    create_model,
    model_validator,
)
from pydantic_core import PydanticCustomError

from superice.errors import InputError
from superice.utils.renamed_keys import REMOVED_KEYS, RENAMED_KEYS, RENAMED_KINDS

MANY_PLACES = 3  # of a key that stands in more sections none is named
OUTERMOST = "the configuration"  # where a key stands that is in no section
LIKENESS = 0.7  # of two words, as difflib measures it: step and step_km are alike, depth and width are not
DISCRIMINATOR = "formulation"  # the key that chooses among models
TYPES = {
    "int_type": "integer",
    "float_type": "number",
    "bool_type": "boolean",
    "string_type": "string",
    "tuple_type": "array",
    "model_type": "object",
    "model_attributes_type": "object",
    "dict_type": "object",
}


def _keep_as_written(value: Any, validate: Any) -> Any:
    """Return the value itself: outputs repeat a number as the configuration states it, 12 or 12.0."""
    validate(value)
    return value


Number = Annotated[float, WrapValidator(_keep_as_written)]
"""An integer or a floating-point number, kept as it is written."""


def _require_distinct(values: tuple) -> tuple:
    if len(set(values)) < len(values):
        raise ValueError(f"{list(values)} names an item twice")
    return values


Distinct = AfterValidator(_require_distinct)
"""The items of a tuple differ from each other."""

Day = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$", json_schema_extra={"format": "date"})]
"""A day, YYYY-MM-DD."""


class RuleBroken(ValueError):
    """A rule between the keys of a model is broken; ``key`` is the one to change."""

    def __init__(self, key: str, sentence: str) -> None:
        self.key = key
        super().__init__(sentence)


class SettingsError(InputError):
    """A value or a key that a section does not allow.

    Attributes
    ----------
    key
        The keys that lead to it from the outermost section.
    """

    def __init__(self, sentence: str, key: Sequence[int | str]) -> None:
        super().__init__(sentence)
        self.key = tuple(key)


def declare(default: Any, sentence: str, unit: str | None = None, **bounds: Any) -> Any:
    """Declare a key: its default (``...`` for none), a sentence of help, its unit, and bounds as of ``pydantic.Field``."""
    if unit:
        bounds["json_schema_extra"] = {"unit": unit}
    return Field(default, description=sentence, **bounds)


class Settings(BaseModel):
    """The base of all settings: immutable, strict about types, without unknown keys; lists become tuples.

    Raises InputError with one sentence that names the key, the value and what is allowed.

    Attributes
    ----------
    section
        The section of the configuration that the model describes.
    unknown_key
        How an unknown key is refused.
    is_partial
        Whether the model is of a section that states only what differs.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    section: ClassVar[str] = "settings"
    unknown_key: ClassVar[str] = "unknown key {!r}"
    is_partial: ClassVar[bool] = False

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise describe_error(error, values, self.section) from error

    # Tells pydantic that a nested model needs no call of __init__, so that an error names its whole path.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @model_validator(mode="before")
    @classmethod
    def _prepare(cls, values: Any) -> Any:
        """Refuse unknown keys with a sentence, and make tuples of lists."""
        if not isinstance(values, Mapping):
            return values
        for key in values:
            if key not in cls.model_fields:
                raise PydanticCustomError("unknown_key", "{sentence}", {"sentence": cls._refuse_key(key), "key": key})
        return {key: make_tuples(_complete(cls.model_fields[key].default, value)) for key, value in values.items()}

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.is_partial:
            self.check_rules()
        return self

    def check_rules(self) -> None:
        """Raise RuleBroken where keys do not go together; not called of a section that states only what differs."""

    @classmethod
    def _refuse_key(cls, key: str) -> str:
        full = f"{cls.section}.{key}" if cls.section else key
        if full in RENAMED_KEYS:
            return f"key {key!r} is now called {RENAMED_KEYS[full]!r}"
        if full in REMOVED_KEYS:
            return f"key {key!r} has been removed: it was worth less than what it cost (docs/experiments/removed.md)"
        return f"{cls.unknown_key.format(key)}{cls._suggest(key)}; known are {', '.join(cls.model_fields)}"

    @classmethod
    def _suggest(cls, key: str) -> str:
        """Return the part of the sentence on an unknown key that says what may be meant; empty where nothing is likely."""
        near = get_close_matches(str(key), cls.model_fields, n=1, cutoff=LIKENESS)
        if near:
            return f", the nearest is {near[0]!r}"
        places = list(find_key(cls, key))
        return f", which belongs to {' or '.join(places)}" if 0 < len(places) <= MANY_PLACES else ""


def find_key(kind: type[Settings], key: str, where: str = "") -> Iterator[str]:
    """Yield the dotted names of the sections below that of ``kind`` that have a key."""
    for name, field in kind.model_fields.items():
        parts = () if get_origin(field.annotation) is dict else (field.annotation, *get_args(field.annotation))
        section = next((part for part in parts if _is_section(part)), None)
        if section:
            inner = f"{where}.{name}" if where else name
            if key in section.model_fields:
                yield inner
            yield from find_key(section, key, inner)


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Settings)


Kind = TypeVar("Kind", bound=Settings)


def _complete(default: Any, values: Any) -> Any:
    """Return the values of a nested section on top of those that it has by default where it belongs."""
    if not (isinstance(default, Settings) and isinstance(values, Mapping)):
        return values
    own = getattr(default, DISCRIMINATOR, None)
    if values.get(DISCRIMINATOR, own) != own:
        return values
    defaults = {key: value for key, value in default if not _is_absent(default, key)}
    return defaults | {key: _complete(defaults.get(key), value) for key, value in values.items()}


def _is_absent(settings: Settings, key: str) -> bool:
    """Return whether a key is not stated: in a partial model any, else one that has no default."""
    if settings.is_partial:
        return key not in settings.model_fields_set
    annotation = type(settings).model_fields[key].annotation
    return getattr(settings, key) is None and type(None) not in get_args(annotation)


def make_tuples(value: Any) -> Any:
    """Return the value with every list in it as a tuple."""
    if isinstance(value, Mapping):
        return {key: make_tuples(item) for key, item in value.items()}
    return tuple(make_tuples(item) for item in value) if isinstance(value, list | tuple) else value


def make_lists(value: Any) -> Any:
    """Return the value with every tuple in it as a list, as YAML and JSON have them."""
    if isinstance(value, Mapping):
        return {key: make_lists(item) for key, item in value.items()}
    return [make_lists(item) for item in value] if isinstance(value, list | tuple) else value


def dump_settings(settings: Settings) -> dict[str, Any]:
    """Return settings as plain types, with all defaults; of a partial model only the keys that are stated.

    A key that has no default and is not stated is left out.
    """
    content = {}
    for key, value in settings:
        if not _is_absent(settings, key):
            content[key] = _dump_value(value)
    return content


def _dump_value(value: Any) -> Any:
    if isinstance(value, Settings):
        return dump_settings(value)
    if isinstance(value, Mapping):
        return {key: _dump_value(item) for key, item in value.items()}
    return make_lists(value)


def build_settings(kind: type[Kind], values: Mapping[str, Any], where: str = "settings") -> Kind:
    """Build settings of the ``kind`` from a mapping; ``where`` is the dotted name of its section.

    Raises SettingsError with one sentence that names the key, the value and what is allowed.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise describe_error(error, values, where) from error


def make_partial(kind: type[Kind]) -> type[Kind]:
    """Return the model of a section that states only what differs: no key is required, none has a default but None.

    Types and bounds are those of ``kind``; rules between keys are left to the section that is merged of the parts.
    """
    fields: dict[str, Any] = {}
    for name, field in kind.model_fields.items():
        part = copy(field)
        part.default, part.default_factory = None, None
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, Settings):
            annotation = make_partial(annotation)
        part.annotation = annotation
        fields[name] = (annotation, part)
    partial = create_model(f"Partial{kind.__name__}", __base__=kind, __doc__=kind.__doc__, **fields)
    partial.is_partial = True
    return partial


def drop_keys(kind: type[Settings], *keys: str) -> type[Settings]:
    """Return the model without some of its keys."""
    kept = {name: field for name, field in kind.model_fields.items() if name not in keys}
    fields: dict[str, Any] = {name: (field.annotation, copy(field)) for name, field in kept.items()}
    return create_model(f"{kind.__name__}Section", __base__=Settings, __doc__=kind.__doc__, **fields)


def describe_error(error: ValidationError, values: Mapping[str, Any], where: str) -> SettingsError:
    """Return a validation's first error as one sentence; ``where`` is the dotted name of the ``values``."""
    first, *others = error.errors()
    kind, value, context, place = first["type"], first["input"], first.get("ctx", {}), list(first["loc"])
    outer = where.split(".") if where else []
    if kind == "missing":
        *place, key = place
        if isinstance(key, str):
            place = _strip_tags(place, values)
            return SettingsError(f"{_join(where, place)}: key {key!r} is missing", [*outer, *place])
    place = _strip_tags(place, values)
    if kind == "union_tag_not_found":
        return SettingsError(f"{_join(where, place)}: key {DISCRIMINATOR!r} is missing", [*outer, *place])
    if kind == "union_tag_invalid":
        place, value, context = [*place, DISCRIMINATOR], context["tag"], {"expected": context["expected_tags"]}
    cause = context.get("error")
    if isinstance(cause, RuleBroken):
        place = [*place, cause.key]
    full = [*outer, *place, *([context["key"]] if kind == "unknown_key" else [])]
    if kind == "literal_error" and place[-1] == "kind" and value in RENAMED_KINDS:
        return SettingsError(f"{_join(where, place)}: {value!r} is now called {RENAMED_KINDS[value]!r}", full)
    sentence = _phrase_error(kind, value, context, first["msg"])
    words = [other["ctx"]["expected"] for other in others if other["type"] == "literal_error" and kind in TYPES]
    if words and isinstance(value, str):  # a number or a word is allowed
        sentence += f", nor {words[0]}".replace("'", "")
    return SettingsError(f"{_join(where, place)}: {sentence}", full)


def _phrase_error(kind: str, value: Any, context: Mapping[str, Any], message: str) -> str:  # noqa: PLR0911
    value = make_lists(value)
    if kind in TYPES:
        return f"{value!r} is not of type {TYPES[kind]}"
    match kind:
        case "literal_error" | "union_tag_invalid":
            known = context["expected"].replace(" or ", ", ").replace("'", "")
            return f"{value!r} is unknown; known are {known}"
        case "greater_than_equal":
            return f"{value!r} is less than the minimum of {context['ge']:g}"
        case "greater_than":
            return f"{value!r} is not above {context['gt']:g}"
        case "less_than_equal":
            return f"{value!r} is greater than the maximum of {context['le']:g}"
        case "less_than":
            return f"{value!r} is not below {context['lt']:g}"
        case "multiple_of":
            return f"{value!r} is not a multiple of {context['multiple_of']:g}"
        case "string_pattern_mismatch":
            return f"{value!r} does not match {context['pattern']!r}"
        case "too_short" | "too_long" | "missing":
            return f"{value!r} has too {'many' if kind == 'too_long' else 'few'} items"
        case "value_error":
            return str(context["error"])
    return message


def _strip_tags(place: Sequence[int | str], values: Any) -> list[int | str]:
    """Return the place of an error without the tags that pydantic adds where a key chooses among models."""
    path: list[int | str] = []
    for part in place:
        is_key = (
            part in values
            if isinstance(values, Mapping)
            else isinstance(part, int) and isinstance(values, list | tuple)
        )
        if not is_key:
            continue
        values = values[part]
        path.append(part)
    return path


def _join(where: str, place: list[int | str]) -> str:
    return ".".join(str(part) for part in (where, *place) if part != "") or OUTERMOST


def merge_sections(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with others on top: sections are merged key by key at any depth, all other values replaced."""
    merged = deepcopy(dict(under))
    for key, value in over.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = merge_sections(merged[key], value) if both else deepcopy(value)
    return merged
