"""What the pages show exists: files, links, modules, targets, rules and options of commands."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "CODE_OF_CONDUCT.md")),
    *(ROOT / name / "README.md" for name in ("config", "examples")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs/experiments").glob("*.md")),
]
PACKAGES = [path.parent.name for path in (ROOT / "superice").glob("*/__init__.py")]
FOLDERS = "superice|workflow|config|docs|benchmarks|tests|profiles|envs"
# Options of snakemake that take a value.
VALUED = {"--profile", "--cores", "--configfile", "--set-threads", "--set-resources", "--directory", "-s", "-c"}


def read_code(page):
    """Return the code of a page, inline and in blocks, one piece of a line each."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    inline = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose)]
    lines = [line.partition(" #")[0].strip() for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [*inline, *lines]


def find_commands(page, start):
    """Return what follows ``start`` in every command of a page that begins with it."""
    return [
        match[1].split() for code in read_code(page) if (match := re.search(rf"(?:^|[ ;]){start}(?![\w./])(.*)", code))
    ]


def list_anchors(page):
    """Return the anchors of a page's headings."""
    headings = re.findall(r"^#+ (.*)", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def read_options(path):
    """Return the options that stand in the source of a command, and those that all commands share."""
    text = path.read_text() + (ROOT / "superice/utils/command_line.py").read_text()
    return set(re.findall(r'"(--[\w-]+)"', text)) | {"--help"}


@pytest.fixture(params=PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def page(request):
    return request.param


def test_files_exist(page):
    named = re.findall(
        rf"(?<![\w./<>-])((?:{FOLDERS})/[\w./-]+\.(?:py|md|yaml|smk|sh|lock|def|svg|png))\b", page.read_text()
    )
    assert [path for path in named if not (ROOT / path).is_file()] == []


def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        if re.match(r"https?:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), target
        assert not anchor or anchor in list_anchors(file), target


def test_modules_of_the_walk_exist():
    text = (ROOT / "docs" / "development.md").read_text(encoding="utf-8")
    named = re.findall(rf"`((?:{'|'.join(PACKAGES)})\.(?!yaml|html)\w+)`", text)
    assert len(named) > 10
    assert [name for name in named if not (ROOT / "superice" / f"{name.replace('.', '/')}.py").is_file()] == []


def test_targets_of_make_exist(page):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for words in find_commands(page, "make"):
        assert words[0] in targets, words


def test_rules_that_snakemake_is_asked_for_exist(page):
    files = [ROOT / "Snakefile", ROOT / "workflow/rules/in_situ.smk"]
    rules = {name for file in files for name in re.findall(r"^rule (\w+):", file.read_text(), re.MULTILINE)}
    for words in find_commands(page, "snakemake"):
        values = {number + 1 for number, word in enumerate(words) if word in VALUED}
        bare = [word for number, word in enumerate(words) if number not in values and re.fullmatch(r"[a-z_]+", word)]
        assert set(bare) <= rules, words


def test_scripts_and_their_options_exist(page):
    for script, *words in find_commands(page, "python"):
        if not script.endswith(".py"):
            continue
        options = {word.strip("[]").partition("=")[0] for word in words if word.strip("[]").startswith("--")}
        assert options <= read_options(ROOT / script), script


def test_options_of_the_command_line_exist(page):
    known = read_options(ROOT / "superice/cli.py")
    for words in find_commands(page, "superice"):
        assert not words or words[0] in {"quicklook", "generate", "season", "status", "verify"}, words
        assert {word.strip("[]") for word in words if word.strip("[]").startswith("--")} <= known, words
