# Figures, made from files alone, and the report.
# Needs: histories, ensembles, features, scores, as far as the run has them. Makes: figures/<figure>.png and .pdf, report.html.

SHOWN = {kind: RUN.figure_days(kind) for kind in ("model", "observations")}
DRAWN_WITH = dict.fromkeys(
    RUN.training_of(name) for name in RUN.experiments if name not in BASELINES and "weights" not in RUN.experiment(name)
)
SCORED_DAYS = {kind: set(RUN.scored_days(PUBLISHED, kind)) for kind in SHOWN}

# By figure: the files it is drawn from, by option of draw_figure.py. A figure without files is not made.
DRAWN_FROM = {
    "training": {"histories": [path for name in DRAWN_WITH for path in histories_of(name)]},
    "members": {
        "features": features_of("model", SHOWN["model"][1:2]),
        "predictions": ensembles_of(PUBLISHED, "model", SHOWN["model"][1:2]),
    },
    "members_zoom": {
        "features": features_of("model", SHOWN["model"][1:2]),
        "predictions": ensembles_of(PUBLISHED, "model", SHOWN["model"][1:2]),
    },
    "maps": {
        "features": features_of("model", SHOWN["model"]),
        "predictions": ensembles_of(PUBLISHED, "model", SHOWN["model"]),
    },
    "spectra": {"scores": day_scores_of(PUBLISHED, "model", SHOWN["model"])},
    "comparison": {"table": paths("scores/comparison.csv") if SCORED else []},
    "scores": {"daily": paths("scores/daily.csv") if SCORED else []},
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
# By table of scores: the option of make_report.py that takes it.
SCORE_TABLES = {
    "comparison": "--scores",
    "regions": "--regions",
    "months": "--months",
    "thin_ice": "--thin-ice",
    "leads": "--leads",
}
FIGURES = paths("figures/{figure}.png", figure=DRAWN_FROM)


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


rule report:
    input:
        figures=FIGURES,
        tables=paths("scores/{table}.csv", table=SCORE_TABLES) if SCORED else [],
        selection=paths("training/{experiment}/selection.csv", experiment=DRAWN_WITH),
        missing="results/{run}/missing.csv",
        coverage="results/{run}/coverage.csv",
        calendar="results/{run}/calendar.csv",
        script="workflow/scripts/make_report.py",
        template="workflow/report/report.html.j2",
        captions="workflow/report/captions.yaml",
        modules=modules("report"),
    output:
        "results/{run}/report.html",
    log:
        "results/{run}/logs/report.log",
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        scores=lambda wildcards, input: [
            part for option, path in zip(SCORE_TABLES.values(), input.tables) for part in (option, path)
        ],
        summary=json.dumps(RUN.summary()),
        configuration=json.dumps(RUN.content),
        benchmarks=lambda wildcards: paths("benchmarks")[0],
    message:
        "report"
    shell:
        "python {input.script} --name {wildcards.run} --summary {params.summary:q}"
        " --configuration {params.configuration:q} {params.scores} --selection {input.selection}"
        " --missing {input.missing} --coverage {input.coverage} --calendar {input.calendar} --figures {input.figures} --benchmarks {params.benchmarks}"
        " --template {input.template} --captions {input.captions} --output {output} > {log} 2>&1"
