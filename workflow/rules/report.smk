# The report of the run, and that of the studies: one HTML file each.
# Needs: tables, figures, weights and benchmarks, as far as the run has them. Makes: report.html, studies.html.


rule report:
    input:
        scores=paths("scores/comparison.csv") if SCORED else [],
        regions=paths("scores/regions.csv") if SCORED else [],
        months=paths("scores/months.csv") if SCORED else [],
        thin_ice=paths("scores/thin_ice.csv") if SCORED else [],
        leads=paths("scores/leads.csv") if SCORED else [],
        selection=selections_of(RUN.experiments),
        weights=drawn_with(RUN.experiments),
        missing="results/{run}/missing.csv",
        coverage="results/{run}/coverage.csv",
        calendar="results/{run}/calendar.csv",
        figures=FIGURES,
        script="workflow/scripts/make_report.py",
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
        parts=options_of(
            "scores",
            "regions",
            "months",
            "thin_ice",
            "leads",
            "selection",
            "weights",
            "missing",
            "coverage",
            "calendar",
            "figures",
        ),
        summary=json.dumps(RUN.summary(RUN.experiments)),
        experiments=json.dumps([RUN.describe_experiment(experiment) for experiment in RUN.experiments]),
        configuration=json.dumps(RUN.content),
        benchmarks=paths("benchmarks")[0],
    message:
        "report"
    shell:
        "python {input.script} --name {wildcards.run} --summary {params.summary:q}"
        " --experiments {params.experiments:q} --configuration {params.configuration:q} {params.parts} --benchmarks {params.benchmarks}"
        " --output {output} > {log} 2>&1"


use rule report as studies_report with:
    input:
        studies="results/{run}/studies.csv",
        selection=selections_of(COMPARED),
        weights=drawn_with(COMPARED),
        figures=paths("figures/study_{study}.png", study=STUDIES),
        script="workflow/scripts/make_report.py",
        modules=modules("report"),
    output:
        "results/{run}/studies.html",
    log:
        "results/{run}/logs/studies_report.log",
    params:
        parts=options_of("studies", "selection", "weights", "figures"),
        summary=json.dumps(RUN.summary(COMPARED)),
        experiments=json.dumps([RUN.describe_experiment(experiment) for experiment in COMPARED]),
        configuration=json.dumps(RUN.content),
        benchmarks=paths("benchmarks")[0],
    message:
        "report of the studies"
