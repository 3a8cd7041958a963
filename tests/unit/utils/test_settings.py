"""Settings are declared once, checked strictly, and name what is wrong in one sentence."""

from typing import Annotated, ClassVar, Literal

import pytest
from pydantic import Field

from superice.errors import InputError
from superice.utils.settings import (
    Day,
    Distinct,
    Number,
    RuleBroken,
    Settings,
    build_settings,
    declare,
    drop_keys,
    make_partial,
)


class Numbers(Settings):
    first: int = declare(..., "A number that has no default.", "km", ge=1)
    pair: tuple[int, ...] = declare((), "Some numbers.")


class Inner(Settings):
    width: Number = declare(3.0, "A width.", "km", gt=0)
    share: Number = declare(0.5, "A share.", "1", ge=0, le=1)


class Outer(Settings):
    section: ClassVar[str] = "outer"

    inner: Inner = declare(Inner(width=7.0), "A nested section with a width of its own.")
    name: Literal["near", "far"] | None = declare("near", "A choice.")
    sizes: tuple[tuple[Number, Annotated[int, Field(ge=2)]], ...] = declare((), "Pairs.")
    names: Annotated[tuple[str, ...], Distinct] = declare((), "Names.")
    day: Day = declare("2020-01-01", "A day.")
    lowest: int = declare(1, "The lowest of all.")
    highest: int = declare(8, "The highest of all.", multiple_of=2)
    flag: bool = declare(False, "Yes or no.")

    def check_rules(self):
        if self.lowest > self.highest:
            raise RuleBroken("lowest", f"not above highest (found {self.lowest}, {self.highest})")


def test_settings_are_built_from_a_mapping():
    assert build_settings(Numbers, {"first": 1, "pair": [2, 3]}) == Numbers(first=1, pair=(2, 3))


def test_an_unknown_key_is_named():
    with pytest.raises(InputError, match=r"numbers: unknown key 'third'; known are first, pair"):
        build_settings(Numbers, {"first": 1, "third": 2}, "numbers")


def test_a_missing_key_is_named():
    with pytest.raises(InputError, match="numbers: key 'first' is missing"):
        build_settings(Numbers, {}, "numbers")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"lowest": "many"}, "a.lowest: 'many' is not of type integer"),
        ({"lowest": "3"}, "a.lowest: '3' is not of type integer"),
        ({"lowest": 3.0}, "a.lowest: 3.0 is not of type integer"),
        ({"lowest": True}, "a.lowest: True is not of type integer"),
        ({"flag": 1}, "a.flag: 1 is not of type boolean"),
        ({"inner": {"width": True}}, "a.inner.width: True is not of type number"),
        ({"inner": {"width": "3"}}, "a.inner.width: '3' is not of type number"),
        ({"inner": {"width": None}}, "a.inner.width: None is not of type number"),
        ({"inner": {"width": 0}}, "a.inner.width: 0 is not above 0"),
        ({"inner": {"share": -1}}, "a.inner.share: -1 is less than the minimum of 0"),
        ({"inner": {"share": 1.5}}, "a.inner.share: 1.5 is greater than the maximum of 1"),
        ({"inner": {"depth": 1}}, "a.inner: unknown key 'depth'; known are width, share"),
        ({"inner": 3}, "a.inner: 3 is not of type object"),
        ({"name": "there"}, "a.name: 'there' is unknown; known are near, far"),
        ({"sizes": [[1, 2], [1, 1]]}, "a.sizes.1.1: 1 is less than the minimum of 2"),
        ({"sizes": [[1]]}, r"a.sizes.0: [1] has too few items"),
        ({"sizes": [[1, 2, 3]]}, r"a.sizes.0: [1, 2, 3] has too many items"),
        ({"sizes": 3}, "a.sizes: 3 is not of type array"),
        ({"names": ["x", "x"]}, "a.names: ['x', 'x'] names an item twice"),
        ({"day": "1 May"}, "a.day: '1 May' does not match"),
        ({"highest": 3}, "a.highest: 3 is not a multiple of 2"),
        ({"lowest": 9}, "a.lowest: not above highest (found 9, 8)"),
    ],
)
def test_a_wrong_value_is_told_in_one_sentence(values, sentence):
    with pytest.raises(InputError) as caught:
        build_settings(Outer, values, "a")
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError) as direct:
        Outer(**values)
    assert str(direct.value) == str(caught.value).replace("a.", "outer.", 1)


def test_settings_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        Numbers(first=1).first = 2


def test_lists_become_tuples_and_numbers_stay_as_they_are_written():
    outer = build_settings(Outer, {"inner": {"width": 12}, "sizes": [[1, 2], [0.5, 3]]})
    assert outer.sizes == ((1, 2), (0.5, 3))
    assert repr(outer.inner.width) == "12"
    assert isinstance(hash(outer), int)


def test_a_nested_section_has_the_defaults_of_its_place():
    assert build_settings(Outer, {"inner": {"share": 1}}).inner == Inner(width=7.0, share=1)


def test_a_part_states_only_what_differs():
    part = make_partial(Outer)
    assert build_settings(part, {"inner": {"share": 1}}).model_dump(exclude_unset=True) == {"inner": {"share": 1}}
    assert build_settings(part, {"lowest": 9, "highest": 8}).lowest == 9  # rules are left to the merged section
    for values, sentence in (
        ({"inner": {"share": 2}}, "inner.share: 2 is greater"),
        ({"outer": 1}, "unknown key 'outer'"),
        ({"lowest": None}, "lowest: None is not of type integer"),
    ):
        with pytest.raises(InputError, match=sentence):
            build_settings(part, values)


def test_a_dropped_key_is_unknown():
    rest = drop_keys(Outer, "inner")
    with pytest.raises(InputError, match="unknown key 'inner'; known are name, sizes"):
        build_settings(rest, {"inner": {}})
