"""The whole chain on a tiny synthetic Arctic: every rule, a day that is damaged, a date that is made again."""

import csv
import shutil
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import yaml
from snakemake.utils import update_config
from workflow_copy import copy_workflow, jobs, snakemake

from superice.package.verify import find_differences
from superice.run.configuration import Configuration
from superice.run.merging import read_includes
from superice.run.paths import RunPaths
from superice.run.status import list_stages, measure_progress

CONFIG = """
name: small
grid: {areas: areas.yaml, area: small}
calendar:
  training: {first: "2020-10-18", last: "2021-04-15", every: 50}
  validation: {first: "2021-10-18", last: "2021-10-31", every: 40}
  test: {first: "2022-10-18", last: "2022-12-31", every: 30}
  observations: {first: "2022-10-18", last: "2022-12-31", every: 30}
sources: {model: {kind: synthetic}, observations: {kind: synthetic}, in_situ: {kind: synthetic}}
defaults:
  seeds: [0, 1]
  network: {widths: [8, 12], depth: 1, embedding_channels: 8}
  training: {epochs: 1, batch: 4, patch: [32, 32], patches_per_day: 2, workers: 0, devices: 1, validation_samples: 2}
  sampler: {members: 3, steps: 2}
  ensembles: {keep: both}
experiments: {reference: {seeds: [0], ensembles: {splits: [test], observations: false}}}
run: [reference, preconditioned]
published: preconditioned
selection: {days: 1, members: 2}
studies: {compared: {steps: {dates: ["2021-10-18"]}}}
figures: {members: ["2022-11-17"], model: ["2022-10-18", "2022-11-17"], observations: ["2022-11-17"],
  smoothing: ["2022-11-17"]}
synthetic: {missing: {drift: ["2022-12-17"]}}
"""
RUN = Path("results/small")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = copy_workflow(tmp_path_factory.mktemp("run"), small=CONFIG)
    make(folder, "all", "package")
    return folder


def make(folder, *arguments):
    return snakemake(folder, "--cores", "2", "--configfile", "small.yaml", "--", *arguments)


def members(path):
    with netCDF4.Dataset(path) as file:
        return file["sit_ai"][:].filled(np.nan)


class TestSmallRun:
    def test_the_published_layout_is_there(self, run):
        for path in (
            "model/features/20221018.nc",
            "model/predictions/sit_hrai_20221018.nc",
            "observations/features/sic_sit_e1_e2_20221117.npz",
            "observations/features/sic_sit_e1_e2_20221117.nc",
            "observations/predictions/sit_hrai_20221117.nc",
            "observations/summaries/sit_summary_20221117.nc",
            "observations/season.zarr/monthly/sit_mean/zarr.json",
            "experiments/reference/model/predictions/sit_hrai_20221018.nc",
            "training/preconditioned/seed1/model.safetensors",
            "training/preconditioned/selection.csv",
            "scores/observations/preconditioned/20221117.nc",
            "scores/by_scale.csv",
            "scores/by_thickness.csv",
            "scores/by_stratum.csv",
            "figures/spread_by_scale.png",
            "figures/classes.png",
            "figures/observed.pdf",
            "figures/inputs_20221117.png",
            "figures/smoothing_20221117.png",
            "figures/shift.png",
            "figures/volume_model.png",
            "figures/volume_observations.pdf",
            "volumes/model.csv",
            "feature_sets/resampled/observations/predictions/sit_hrai_20221117.nc",
            "feature_sets/satellites/model/features/20221117.nc",
            "report.html",
        ):
            assert (run / RUN / path).stat().st_size > 0, path

    def test_members_are_ice_where_the_features_are(self, run):
        drawn = members(run / RUN / "observations/predictions/sit_hrai_20221117.nc")
        features = np.load(run / RUN / "observations/features/sic_sit_e1_e2_20221117.npz")
        known = np.all([np.isfinite(features[name]) for name in ("sic", "sit", "divergence", "shear")], axis=0)
        assert drawn.shape == (3, 64, 72)
        assert known.sum() > 300
        assert np.array_equal(np.isfinite(drawn[0]), known & (features["sic"] > 0.15))
        assert np.nanmin(drawn) >= 0

    def test_a_missing_day_is_listed_and_empty_and_the_others_are_made(self, run):
        with (run / RUN / "missing.csv").open() as file:
            rows = list(csv.DictReader(file))
        assert [(row["date"], row["product"]) for row in rows] == [("2022-12-17", "osisaf_drift")]
        assert np.isnan(members(run / RUN / "observations/predictions/sit_hrai_20221217.nc")).all()
        with (run / RUN / "scores/table.csv").open() as file:
            table = [row for row in csv.DictReader(file) if row["branch"] == "observations"]
        assert {row["dates"] for row in table} == {"2"}

    def test_volumes_of_a_missing_day_are_missing_and_the_others_are_the_sums_of_members(self, run):
        with netCDF4.Dataset(run / RUN / "volumes/observations.nc") as file:
            volume, regions = file["volume"][:].filled(np.nan).T, list(file["region"][:])
        assert np.isnan(volume[2, 0]).all()
        assert np.nansum(volume[:, 1:], axis=1)[:2] == pytest.approx(volume[:2, 0], rel=1e-6)
        with netCDF4.Dataset(run / RUN / "observations/predictions/sit_hrai_20221117.nc") as file:
            drawn, area = np.nan_to_num(file["sit_ai"][:].filled(np.nan)), file["cell_area"][:]
        assert regions[0] == "all"
        assert volume[1, 0] == pytest.approx((drawn * area).sum(axis=(1, 2), dtype=float) / 1e9, rel=1e-5)
        with (run / RUN / "volumes/observations.csv").open() as file:
            rows = [row for row in csv.DictReader(file) if row["quantity"] == "volume" and row["region"] == "all"]
        of_days = [row["calibration"] for row in rows if row["period"] == "day"]
        assert len(of_days) == 3 and all("on 2 days, too few to judge" in sentence for sentence in of_days)

    def test_the_pixels_of_each_product_and_the_days_of_each_season_are_counted(self, run):
        tables = {}
        for name in ("coverage", "calendar"):
            with (run / RUN / f"{name}.csv").open() as file:
                tables[name] = list(csv.DictReader(file))
        assert [row["date"] for row in tables["coverage"]] == ["2022-10-18", "2022-11-17", "2022-12-17"]
        lost = tables["coverage"][-1]  # the day without a file of the drift
        assert lost["without_osisaf_drift"] == lost["ice_pixels"] != "0" and lost["kept_pixels"] == "0"
        for row in tables["coverage"]:
            lacking = [int(row[key]) for key in row if key.startswith("without")]
            assert max(lacking) <= int(row["ice_pixels"])
            assert int(row["ice_pixels"]) - sum(lacking) <= int(row["kept_pixels"]) <= int(row["ice_pixels"])
        counted = {(row["period"], row["season"]): (row["days"], row["available"]) for row in tables["calendar"]}
        assert counted[("observations", "2022")] == ("3", "2")
        assert counted[("training", "2020")] == ("4", "4")

    def test_members_are_compared_with_virtual_platforms(self, run):
        with (run / RUN / "scores/in_situ.csv").open() as file:
            rows = {row["platform"]: row for row in csv.DictReader(file)}
        with netCDF4.Dataset(run / RUN / "scores/in_situ.nc") as file:
            assert set(rows) <= set(file["platform"][:])
        assert [row["bias"] == "" for row in rows.values()] == [row["measures"] == "level_ice" for row in rows.values()]
        for name in ("measurements.png", "positions.png"):
            assert (run / RUN / "figures" / name).stat().st_size > 0

    def test_the_status_finds_every_date_and_its_log(self, run):
        content = yaml.safe_load((run / "config/config.yaml").read_text())
        update_config(content, yaml.safe_load((run / "small.yaml").read_text()))
        configuration = Configuration(read_includes(content, run / "config"))
        table, failures = measure_progress(configuration, run)
        assert table.made.sum() == table.planned.sum() > 20
        assert failures == []
        for stage in list_stages(configuration, RunPaths(configuration), run):
            for log in stage.logs.values():
                assert (run / log).exists(), log

    def test_a_second_run_has_nothing_to_do(self, run):
        assert "Nothing to be done" in make(run, "all")

    def test_the_package_is_whole(self, run):
        differences, count = find_differences(run / RUN / "package")
        assert differences == [] and count > 300
        held = run / RUN / "package/data/observations/predictions/sit_hrai_20221117.nc"
        assert held.samefile(run / RUN / "observations/predictions/sit_hrai_20221117.nc")
        with netCDF4.Dataset(held) as file:
            assert "synthetic Arctic" in file.acknowledgement and file.license == "CC-BY-4.0"

    def test_an_experiment_more_and_another_publisher_remake_nothing(self, run):
        content = yaml.safe_load((run / "small.yaml").read_text())
        content["experiments"]["more_steps"] = {"trained_as": "reference", "sampler": {"steps": 3}}
        content["run"].append("more_steps")
        content["publication"] = {"creator_name": "A. Person"}
        (run / "more.yaml").write_text(yaml.safe_dump(content))  # which sorts the keys
        plan = snakemake(run, "--dry-run", "--quiet", "rules", "--configfile", "more.yaml", "--", "ensembles")
        assert jobs(plan) == {"write_settings": 1, "draw_ensemble": 3, "ensembles": 1}

    def test_a_date_that_is_lost_is_made_again_alone_and_the_same(self, run):
        path = RUN / "observations/predictions/sit_hrai_20221117.nc"
        before = members(run / path)
        (run / path).unlink()
        output = make(run, str(path))
        assert output.count("Finished jobid") == 1
        assert np.array_equal(members(run / path), before, equal_nan=True)

    def test_an_own_season_runs_on_folders_and_says_how_many_days_have_values(self, run):
        """The shipped file on the synthetic Arctic's files; its period begins before the season, and a day lacks a file."""
        raw = run / "raw"
        for file in (run / RUN / "synthetic").glob("*/*/*.nc"):
            (raw / file.parent.name).mkdir(parents=True, exist_ok=True)
            shutil.copy(file, raw / file.parent.name)
        folders = {name: f"raw/{name}" for name in ("cs2smos", "concentration", "drift")}
        weights = str(RUN / "training/preconditioned/chosen.safetensors")
        own = {
            "grid": {"areas": "areas.yaml", "area": "small"},
            "calendar": {
                "training": None,
                "validation": None,
                "test": {"first": "2022-10-18", "last": "2022-11-20", "every": 30},
                "observations": {"first": "2022-10-10", "last": "2022-12-31", "every": 30},
            },
            "sources": {"model": {"folder": "raw/nextsim"}, "observations": folders},
            "experiments": {"mine": {"weights": weights, "ensembles": {"splits": []}}},
            "run": ["mine"],
            "published": "mine",
            "defaults": {"sampler": {"members": 2}},
            "figures": None,
        }
        (run / "own.yaml").write_text(yaml.safe_dump(own))
        files = "--configfile", "config/own-season.yaml", "own.yaml"
        plan = snakemake(run, "--dry-run", *files, "--", "all")
        assert "calendar, observations: 3 days, 2022-10-18 to 2022-12-17; every 30 days counted from" in plan
        assert "files, model: 2 of 2 days have a file (in raw/nextsim)" in plan
        counted = "2 of 3 days have the files of all products: cs2smos 3, concentration 3, drift 2"
        assert f"files, observations: {counted} (in {', '.join(folders.values())})" in plan
        output = snakemake(run, "--cores", "2", *files, "--", "all")
        assert "inputs, model: 2 of 2 days with all inputs" in output
        assert (
            "inputs, observations: 2 of 3 days with all inputs, 1 with some: results/own-season/missing.csv" in output
        )
        assert "3; 2 of 3 days with all inputs" in (run / "results/own-season/report.html").read_text()
        assert (run / "results/own-season/figures/season_observations.png").exists()

    def test_a_damaged_input_is_refused_by_name(self, run):
        damaged = next((run / RUN / "synthetic/2022/cs2smos").glob("*20221114_20221120*.nc"))
        damaged.write_bytes(damaged.read_bytes()[:5000])
        record = RUN / "records/observations/20221117.json"
        make(run, str(record))
        assert damaged.name in (run / record).read_text()
        assert '"available": false' in (run / record).read_text()
