"""Files of a configuration: what they include, and where the files that they name are looked for."""

import pytest

from superice.errors import InputError
from superice.run.merging import place_files, place_merged_files, read_includes


def test_a_file_of_areas_is_looked_for_beside_the_configuration_that_names_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    first, second = tmp_path / "mine/first.yaml", tmp_path / "second.yaml"
    first.write_text("grid: {areas: areas.yaml}")
    second.write_text("name: other")
    content = {"name": "own", "grid": {"areas": "areas.yaml", "area": "small"}}
    # Without such a file beside it, it is looked for where Snakemake is started.
    assert place_merged_files(content, [first, second]) == content
    (tmp_path / "mine/areas.yaml").touch()
    (tmp_path / "areas.yaml").touch()
    placed = content | {"grid": {"areas": "mine/areas.yaml", "area": "small"}}
    assert place_merged_files(content, [first, second]) == placed
    second.write_text("grid: {areas: areas.yaml}")
    assert place_merged_files(content, [first, second]) == content
    assert place_merged_files(content, [second, first]) == placed
    assert place_merged_files(content, []) == content  # named on the command line
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    assert place_merged_files(content, [first])["grid"]["areas"] == str(tmp_path / "mine/areas.yaml")


def test_a_file_of_regions_is_looked_for_as_a_file_of_areas(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/seas.geojson").touch()
    (tmp_path / "mine/run.yaml").write_text("volume: {regions: seas.geojson}")
    content = {"name": "own", "volume": {"regions": "seas.geojson", "named_by": "sea"}}
    placed = {"regions": "mine/seas.geojson", "named_by": "sea"}
    assert place_merged_files(content, [tmp_path / "mine/run.yaml"])["volume"] == placed
    assert place_files(content, "mine")["volume"] == placed
    assert place_files(content, ".") == content


def test_includes_lie_under_what_includes_them(tmp_path):
    (tmp_path / "first.yaml").write_text("include: [deeper]\na: {x: 1, y: 1}\nb: 1\n")
    (tmp_path / "deeper.yaml").write_text("a: {x: 0, z: 0}\nc: 0\n")
    (tmp_path / "second.yaml").write_text("a: {y: 2}\n")
    content = {"include": ["first", "second"], "a": {"w": 3}, "b": 3}
    read = read_includes(content, tmp_path)
    assert read == {"a": {"x": 1, "y": 2, "z": 0, "w": 3}, "b": 3, "c": 0}
    assert content == {"include": ["first", "second"], "a": {"w": 3}, "b": 3}
    with pytest.raises(InputError, match=r"include: there is no file .*third\.yaml"):
        read_includes({"include": ["third"]}, tmp_path)


def test_a_change_of_one_experiment_leaves_those_that_share_its_section_in_the_file(tmp_path):
    """YAML gives both the same mapping."""
    (tmp_path / "shared.yaml").write_text("experiments:\n  a: &a\n    training: {epochs: 16}\n  b:\n    <<: *a\n")
    content = {"include": ["shared"], "experiments": {"a": {"training": {"epochs": 20}}}}
    merged = read_includes(content, tmp_path)["experiments"]
    assert (merged["a"]["training"]["epochs"], merged["b"]["training"]["epochs"]) == (20, 16)
