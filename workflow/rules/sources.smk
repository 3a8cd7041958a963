# Where the raw products come from: the twin, or folders that are there already.
# Needs: settings of the twin. Makes: twin/<season>/{nextsim,cs2smos,osisaf_concentration,osisaf_drift}/ in the
# providers' layouts.

from superice.products import cs2smos, nextsim, osisaf_concentration, osisaf_drift
from superice.twin import names as twin_names

OBSERVED = {"cs2smos": cs2smos, "osisaf_concentration": osisaf_concentration, "osisaf_drift": osisaf_drift}
TWIN_NAMES = {
    "cs2smos": twin_names.cs2smos_name,
    "osisaf_concentration": twin_names.concentration_name,
    "osisaf_drift": twin_names.drift_name,
}
MISSING = RUN.content["twin"].get("missing", {})


def twin_folder(day, product):
    """The folder of the season's twin files of a product."""
    return f"results/{RUN.name}/twin/{RUN.calendar.season_of(day).name}/{product}"


def twin_model_file(day):
    """The model file that the twin writes for a day."""
    return f"{twin_folder(day, 'nextsim')}/{twin_names.moorings_name(day)}"


def twin_observed_files(day):
    """The product files that the twin delivers for a day."""
    return [
        f"{twin_folder(day, product)}/{name(day)}"
        for product, name in TWIN_NAMES.items()
        if day.isoformat() not in MISSING.get(product, [])
    ]


def existing(find, folder, day):
    """The file of a day in a folder, if it is there: a file that arrives later remakes its day."""
    try:
        return [find(folder, day)]
    except InputError:
        return []


def model_folder(wildcards):
    """The folder in which the model's file of a day is looked for."""
    source = RUN.content["sources"]["model"]
    return twin_folder(day_of(wildcards), "nextsim") if source["kind"] == "twin" else source["folder"]


def model_file(wildcards):
    """The model's file of a day, as far as it is known."""
    day, source = day_of(wildcards), RUN.content["sources"]["model"]
    if source["kind"] == "twin":
        return twin_model_file(day)
    return existing(nextsim.find, source["folder"], day) if source["kind"] == "moorings" else []


def observed_folder(product):
    """A function of the job that gives the folder in which a product's file is looked for."""
    source = RUN.content["sources"]["observations"]
    key = product.removeprefix("osisaf_")
    return lambda wildcards: twin_folder(day_of(wildcards), product) if source["kind"] == "twin" else source[key]


def observed_files(wildcards):
    """The product files of a day, as far as they are known."""
    day = day_of(wildcards)
    if RUN.content["sources"]["observations"]["kind"] == "twin":
        return twin_observed_files(day)
    return [
        path
        for product, module in OBSERVED.items()
        for path in existing(module.find, observed_folder(product)(wildcards), day)
    ]


for SEASON in RUN.calendar.seasons():
    MODEL_DAYS, OBSERVED_DAYS = RUN.twin_days(SEASON)
    if not MODEL_DAYS and not OBSERVED_DAYS:
        continue

    rule:
        name:
            f"twin_{SEASON.name}"
        input:
            script="workflow/scripts/make_twin.py",
            areas=AREAS,
            modules=glob_wildcards("superice/twin/{name}.py").name and expand(
                "superice/twin/{name}.py", name=sorted(glob_wildcards("superice/twin/{name}.py").name)
            ),
        output:
            model=[twin_model_file(day) for day in MODEL_DAYS],
            observed=[path for day in OBSERVED_DAYS for path in twin_observed_files(day)],
        params:
            folder=f"results/{RUN.name}/twin/{SEASON.name}",
            area=RUN.content["grid"]["area"],
            first=SEASON.first.isoformat(),
            last=SEASON.last.isoformat(),
            dates=",".join(day.isoformat() for day in MODEL_DAYS),
            observed=",".join(day.isoformat() for day in OBSERVED_DAYS),
            settings=json.dumps(RUN.content["twin"]),
        log:
            f"results/{RUN.name}/logs/twin/{SEASON.name}.log",
        benchmark:
            f"results/{RUN.name}/benchmarks/twin/{SEASON.name}.tsv"
        threads: 1
        resources:
            mem_mb=2000,
            runtime=20,
        message:
            "virtual Arctic of the season {params.first} to {params.last}"
        shell:
            "python {input.script} --areas {input.areas} --area {params.area}"
            " --season-start {params.first} --season-end {params.last}"
            " --dates {params.dates:q} --observed-dates {params.observed:q} --settings {params.settings:q}"
            " --output {params.folder} > {log} 2>&1"
