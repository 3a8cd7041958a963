# Figures, made from files alone.
# Needs: histories, ensembles, features, scores, as far as the run has them. Makes: figures/<figure>.png and .pdf.

SHOWN = {kind: RUN.figure_days(kind) for kind in ("model", "observations")}
SCORED_DAYS = {kind: set(RUN.scored_days(PUBLISHED, kind)) for kind in SHOWN}

MEMBERS = {
    "features": features_of("model", RUN.figure_days("members")),
    "predictions": ensembles_of(PUBLISHED, "model", RUN.figure_days("members")),
}
# The last season of each branch, where it has more than a date.
SEASONS = {kind: RUN.last_season(kind) for kind in SHOWN if len(RUN.last_season(kind)) > 1}

# By figure: the files it is drawn from, by option of draw_figure.py. A figure without files is not made.
DRAWN_FROM = {
    "training": {"histories": [path for name in trainings_of(RUN.experiments) for path in histories_of(name)]},
    "members": MEMBERS,
    "members_zoom": MEMBERS,
    "maps": {
        "features": features_of("model", SHOWN["model"]),
        "predictions": ensembles_of(PUBLISHED, "model", SHOWN["model"]),
    },
    "spectra": {"scores": day_scores_of(PUBLISHED, "model", SHOWN["model"])},
    "comparison": {"table": paths("scores/comparison.csv") if SCORED else []},
    "scores": {"daily": paths("scores/daily.csv") if SCORED else []},
    "parts": {kind: paths("scores/{kind}.csv", kind=kind) if SCORED else [] for kind in ("regions", "months")},
    "thin_ice": {"thin-ice": paths("scores/thin_ice.csv") if SCORED else []},
    "scales": {"scores": SCORED},
    "calibration": {"scores": SCORED},
    "observed": {
        "features": features_of("observations", SHOWN["observations"]),
        "predictions": ensembles_of(PUBLISHED, "observations", SHOWN["observations"]),
        "truth": features_of("model", [day for day in SHOWN["observations"] if day in SCORED_DAYS["observations"]]),
    },
}
if SHOWN["model"] and SHOWN["observations"]:
    SETS = [None, *RUN.content["figures"]["shift_sets"]]
    DRAWN_FROM["shift"] = {
        "model": [path for name in SETS for path in features_of("model", SHOWN["model"], name)],
        "observed": paths("observations/features/sic_sit_e1_e2_{date}.nc", date=SHOWN["observations"]),
    }
for KIND, DAYS in SEASONS.items():
    DRAWN_FROM[f"season_{KIND}"] = {
        "features": features_of(KIND, DAYS, set_of(PUBLISHED)),
        "predictions": ensembles_of(PUBLISHED, KIND, DAYS),
    }
for DAY in RUN.figure_days("observations"):
    DRAWN_FROM[f"inputs_{DAY:%Y%m%d}"] = {
        "features": paths("observations/features/sic_sit_e1_e2_{date}.nc", date=[DAY]),
    }
for DAY in RUN.figure_days("smoothing"):
    SETS = [*RUN.content["figures"]["smoothing_sets"], None]
    DRAWN_FROM[f"smoothing_{DAY:%Y%m%d}"] = {
        "features": [path for name in SETS for path in features_of("observations", [DAY], name)],
        "predictions": [path for name in SETS for path in ensembles_of(PUBLISHED, "observations", [DAY], name)],
    }
DRAWN_FROM = {figure: files for figure, files in DRAWN_FROM.items() if any(files.values())}
FIGURES = paths("figures/{figure}.png", figure=DRAWN_FROM) + paths("figures/animation_{branch}.gif", branch=SEASONS)


rule figure:
    input:
        files=lambda wildcards: [path for files in DRAWN_FROM[wildcards.figure].values() for path in files],
        script="workflow/scripts/draw_figure.py",
        modules=modules(
            "figures/style",
            "figures/geography",
            "figures/maps",
            "figures/curves",
            "figures/comparison",
            "figures/observations",
            "figures/distributions",
            "figures/by_part",
            "figures/by_wavelength",
            "figures/thin_ice",
            "score_tables",
            "figures/seasons",
        ),
    output:
        png="results/{run}/figures/{figure}.png",
        pdf="results/{run}/figures/{figure}.pdf",
    log:
        "results/{run}/logs/figure/{figure}.log",
    benchmark:
        "results/{run}/benchmarks/figure/{figure}.tsv"
    wildcard_constraints:
        figure="|".join(DRAWN_FROM),
    threads: 1
    resources:
        mem_mb=4000,
        runtime=20,
    params:
        kind=lambda wildcards: wildcards.figure.split("_")[0],
        zoom=lambda wildcards: "--zoom" if wildcards.figure.endswith("_zoom") else "",
        options=lambda wildcards: [
            part for option, files in DRAWN_FROM[wildcards.figure].items() if files for part in (f"--{option}", *files)
        ],
    message:
        "figure {wildcards.figure}"
    shell:
        "python {input.script} {params.kind} {params.options} {params.zoom}"
        " --png {output.png} --pdf {output.pdf} > {log} 2>&1"


rule animation:
    input:
        features=lambda wildcards: features_of(wildcards.branch, SEASONS[wildcards.branch], set_of(PUBLISHED)),
        predictions=lambda wildcards: ensembles_of(PUBLISHED, wildcards.branch, SEASONS[wildcards.branch]),
        script="workflow/scripts/animate_season.py",
        modules=modules("figures/style", "figures/geography", "figures/seasons"),
    output:
        "results/{run}/figures/animation_{branch}.gif",
    log:
        "results/{run}/logs/animation_{branch}.log",
    benchmark:
        "results/{run}/benchmarks/animation/{branch}.tsv"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=20,
    message:
        "animation of a season ({wildcards.branch})"
    shell:
        "python {input.script} --features {input.features} --predictions {input.predictions}"
        " --output {output} > {log} 2>&1"
