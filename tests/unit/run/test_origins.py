"""A wrong configuration ends with a sentence that names the file, of many, and the nearest known key."""

import pytest

from superice.errors import InputError
from superice.run.configuration import Configuration
from superice.run.merging import merge_configurations, read_includes
from superice.run.origins import name_origin
from superice.utils.command_line import read_settings

BASE = "name: own\ninclude: [more]\ncalendar: {test: {first: '2022-10-18', last: '2022-10-20'}}\n"
MORE = "experiments: {reference: {weights: model.safetensors}}\n"


@pytest.fixture
def refuse(tmp_path):
    """Return a function: the sentence for texts of a base, of what it includes and of a file on top, and a command line."""

    def check(base=BASE, more=MORE, top="{}", command_line=None):
        for name, text in {"base": base, "more": more, "top": top}.items():
            (tmp_path / f"{name}.yaml").write_text(text)
        files = [tmp_path / "base.yaml", tmp_path / "top.yaml"]
        contents = [read_settings(str(file)) for file in files]
        content = merge_configurations(*contents, command_line or {})
        with pytest.raises(InputError) as caught:
            Configuration(read_includes(content, tmp_path))
        sentence = str(name_origin(caught.value, content, files, [tmp_path]))
        return sentence.replace(f"{tmp_path}/", "")

    return check


@pytest.mark.parametrize("file", ["base", "more", "top"])
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("scors: {}\n", "unknown key 'scors', the nearest is 'scores'; known are"),  # codespell:ignore
        ("scores: {bandz: 3}\n", "scores: unknown key 'bandz'"),
        ("studies: {split: tests}\n", "studies.split: 'tests' is unknown; known are training, validation, test"),
        ("published: nobody\n", "published: no experiment 'nobody'"),
        ("figures: {model: ['2022-10-18', 3]}\n", "figures.model.1: 3 is not of type string"),
    ],
)
def test_the_file_that_states_the_key_is_named(refuse, file, text, sentence):
    under = {"base": BASE, "more": MORE, "top": ""}[file]
    assert refuse(**{file: under + text}).split(": ", 1)[0] == f"{file}.yaml"
    assert sentence in refuse(**{file: under + text})


@pytest.mark.parametrize(
    ("period", "key"),
    [
        ("{first: '2022-10-18', last: '2022-10-17'}", "last: the period ends on 2022-10-17"),
        ("{first: '2022-05-01', last: '2022-05-09'}", "first: no day of a freezing season (10-18 to 04-15)"),
        ("{first: '1922-10-18', last: '2022-10-18'}", "first: out of range"),
        ("{first: '2022-10-18', last: '2022-10-18'}", "first: 2022-10-18 lies before calendar.validation ends"),
        ("{first: '2022-10-18', last: 2023-13-01}", "last: not a date (YYYY-MM-DD) (found 2023-13-01)"),
    ],
)
def test_the_file_that_states_a_wrong_period_is_named(refuse, period, key):
    validation = "validation: {first: '2022-10-18', last: '2022-10-18'}"
    top = f"calendar: {{test: {period}{', ' + validation if 'validation' in key else ''}}}\n"
    assert refuse(top=top).startswith(f"top.yaml: calendar.test.{key}")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("ensembles: {keep: both}\n", "unknown key 'ensembles', which belongs to defaults; known are"),
        ("thin_ice_m: [1]\n", "unknown key 'thin_ice_m', which belongs to scores or volume; known are"),
        (
            "sources: {cs2smos: data}\n",
            "sources: unknown key 'cs2smos', which belongs to observations or observations.addr",
        ),
    ],
)
def test_a_key_in_the_wrong_place_is_told_with_the_right_one(refuse, text, sentence):
    assert sentence in refuse(top=text)


def test_of_several_files_that_state_a_key_the_one_that_wins_is_named(refuse):
    assert refuse(more=MORE + "bootstrap: {level: 90}\n", top="bootstrap: {level: high}\n").startswith("top.yaml: boot")
    assert refuse(base=BASE + "surrogate: {years: {test: [3, 4]}}\n", top="surrogate: {chosen: a}\n").startswith("base")


def test_the_command_line_wins_over_all_files(refuse):
    assert refuse(top="published: reference\n", command_line={"published": "nobody"}).startswith("--config: published:")
    assert refuse(command_line={"scorez": 1}).startswith("--config: unknown key 'scorez', the nearest is 'scores'")


def test_without_a_file_that_states_the_key_none_is_named(refuse):
    assert refuse(base=BASE.replace("last", "end")).startswith("base.yaml: calendar.test: unknown key 'end'; known")
    assert refuse(base=BASE.partition("calendar")[0]) == "the configuration: key 'calendar' is missing"


def test_sections_that_do_not_go_together_are_of_no_single_file(refuse):
    assert refuse(more="experiments: {reference: {seeds: [1]}}\n").startswith(
        "experiments.reference: neither weights nor"
    )
