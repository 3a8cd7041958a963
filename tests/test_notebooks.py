"""The notebooks run from the first cell to the last, and are stored without what they print."""

from pathlib import Path

import nbformat
import pytest

from superice.network.released import FOLDER

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))
DAY, SEASON, TRAINING = NOTEBOOKS
# What the third one trains here: long enough to run, not to draw well.
SHORT = {"EPOCHS": 1, "EVERY_DAYS": 90, "CORES": "2", "WORKFLOW": str(ROOT)}


def read(path):
    return nbformat.read(path, as_version=4)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_outputs_and_says_what_can_be_changed(path):
    notebook = read(path)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert code[0].metadata.tags == ["parameters"]
    assert notebook.cells[0].source.startswith("# ")
    assert path.name in (ROOT / "examples" / "README.md").read_text()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("notebooks")


@pytest.fixture(scope="module")
def run(folder):
    """Return a function that runs a notebook with other parameters in one folder, and returns what it has printed."""
    from nbclient import NotebookClient

    def run(path, **parameters):
        notebook = read(path)
        first = next(cell for cell in notebook.cells if cell.cell_type == "code")
        first.source += "".join(f"\n{name} = {value!r}" for name, value in parameters.items())
        client = NotebookClient(notebook, timeout=1800, resources={"metadata": {"path": str(folder)}})
        client.execute()
        outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
        pictures = sum("image/png" in output.get("data", {}) for output in outputs)
        return "".join(output.get("text", "") for output in outputs), pictures

    return run


@pytest.fixture(scope="module")
def weights(run, folder):
    """What the first two draw from: the package's weights or, where it has none, those that the third one trains."""
    text, pictures = run(TRAINING, **SHORT)
    assert "trained in" in text and pictures == 3
    trained = folder / "laptev/results/laptev/training/recommended/chosen.safetensors"
    assert trained.is_file()
    return None if list(FOLDER.glob("*.safetensors")) else str(trained)


@pytest.mark.slow
def test_a_day_after_a_training(run, weights):
    text, pictures = run(DAY, WEIGHTS=weights, MEMBERS=4)
    assert "less than 1 m: " in text and pictures == 3


@pytest.mark.slow
def test_a_season(run, weights, folder):
    text, pictures = run(SEASON, WEIGHTS=weights, EVERY_DAYS=31)
    assert "truth within the band" in text and pictures == 4
    assert (folder / "season/season.zarr").is_dir()
