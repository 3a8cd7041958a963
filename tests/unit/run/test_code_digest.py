"""Digests of code: what changes them, what does not, and what they cover."""

from pathlib import Path

import pytest

from superice.figures.catalogue import KINDS
from superice.run import code_digest
from superice.run.code_digest import digest_code, list_modules

SCRIPTS = Path(__file__).parents[3] / "workflow" / "scripts"
# Scripts that read feature files: a change of a product's reader must not touch them.
READING_FEATURES = ("train", "select_training", "draw_ensemble", "score_date", "normalise", "draw_figure")


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package ``demo`` with a script; ``package(name, text)`` writes a file of it and gives the script's digest."""
    folder = tmp_path / "demo"
    folder.mkdir()
    monkeypatch.setattr(code_digest, "PACKAGE", folder)
    files = {
        "__init__.py": "",
        "a.py": '"""A."""\nfrom demo.b import value\n\n\ndef double():\n    """Double it."""\n    return 2 * value\n',
        "b.py": "value = 1  # one\n",
        "page.py": 'TEMPLATE, REGIONS = "page.j2", "seas.geojson"\n',
        "page.j2": "<p>",
        "seas.geojson": "[]",
        "alone.py": "value = 3\n",
    }
    script = tmp_path / "script.py"
    script.write_text("def main():\n    from demo import a, page\n    a.double()\n")

    def write(name=None, text=None):
        if name:
            files[name] = text
        for path, content in files.items():
            (folder / path).write_text(content)
        for function in (code_digest._read_code, code_digest._find_file, digest_code):
            function.cache_clear()
        return digest_code(script)

    yield write
    for function in (code_digest._read_code, code_digest._find_file, digest_code):
        function.cache_clear()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", "from demo.b import value\n\n\ndef double():\n    return value + value\n"),
        ("b.py", "value = 2\n"),
        ("page.j2", "<b>"),
        ("seas.geojson", "{}"),
        ("__init__.py", "import demo.alone\n"),
    ],
)
def test_code_that_is_reached_changes_the_digest(package, name, text):
    assert package() != package(name, text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("b.py", '"""One."""\n\nvalue = 1\n'),
        ("a.py", "# A\nfrom demo.b import value\n\n\ndef double():\n    '''Twice.'''\n    return 2*value\n"),
        ("alone.py", "value = 4\n"),
        ("new.py", "value = 5\n"),
    ],
)
def test_what_is_no_code_or_not_reached_changes_nothing(package, name, text):
    assert package() == package(name, text)


def test_imports_for_type_checkers_alone_are_not_followed(package):
    package("b.py", "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import demo.alone\nvalue = 1\n")
    assert "demo.alone" not in list_modules(code_digest.PACKAGE.parent / "script.py")


def test_modules_that_a_script_names_at_run_time_are_covered(package):
    package()
    script = code_digest.PACKAGE.parent / "script.py"
    assert "demo.alone" in list_modules(script, "demo.alone")
    assert digest_code(script) != digest_code(script, "demo.alone")


@pytest.mark.parametrize("script", READING_FEATURES)
def test_no_script_that_reads_feature_files_rests_on_a_reader_of_products(script):
    drawing = [kind.module for kind in KINDS.values()] if script == "draw_figure" else []
    modules = list_modules(SCRIPTS / f"{script}.py", *drawing)
    assert [name for name in modules if name.startswith("superice.readers")] == []


def test_a_figure_rests_on_its_own_module_and_not_on_other_figures():
    modules = list_modules(SCRIPTS / "draw_figure.py", KINDS["training"].module)
    figures = [name.removeprefix("superice.figures.") for name in modules if name.startswith("superice.figures.")]
    assert figures == ["annotation", "style", "training_curves"]


def test_a_training_rests_on_the_noise_of_its_inputs_and_not_on_figures():
    modules = list_modules(SCRIPTS / "train.py")
    assert "superice.training.input_noise" in modules
    assert not [name for name in modules if name.startswith(("superice.figures", "superice.report", "superice.run"))]
