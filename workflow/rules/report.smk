# The report of the run, and that of the studies: one HTML file each.
# Needs: tables, figures, weights and benchmarks, as far as the run has them. Makes: report.html, studies.html.


rule make_report:
    input:
        scores=PATHS.table("comparison"),
        all_dates=PATHS.table("table"),
        volumes=PATHS.volume_tables("observations", "model"),
        regions=PATHS.table("regions"),
        months=PATHS.table("months"),
        thin_ice=PATHS.table("thin_ice"),
        leads=PATHS.table("leads"),
        by_scale=PATHS.table("by_scale"),
        by_thickness=PATHS.table("by_thickness"),
        by_stratum=PATHS.table("by_stratum"),
        in_situ=PATHS.comparisons(),
        selection=PATHS.selections(RUN.experiments),
        weights=PATHS.list_weights(RUN.experiments),
        missing=PATHS.missing,
        coverage=PATHS.coverage,
        calendar=PATHS.calendar,
        figures=FIGURES,
        settings=PATHS.settings("configuration"),
    output:
        PATHS.report,
    log:
        "<logs>/make_report.log",
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        command=run_script("make_report"),
        code=code_of("make_report"),
        experiments=RUN.experiments,
        files=input_options(
            "scores",
            "all_dates",
            "volumes",
            "regions",
            "months",
            "thin_ice",
            "leads",
            "by_scale",
            "by_thickness",
            "by_stratum",
            "in_situ",
            "selection",
            "weights",
            "missing",
            "coverage",
            "calendar",
            "figures",
        ),
        benchmarks=PATHS.benchmarks,
    message:
        "report"
    shell:
        "{params.command} --settings {input.settings:q} --experiments {params.experiments} {params.files}"
        " --benchmarks {params.benchmarks:q} --output {output:q} > {log:q} 2>&1"


use rule make_report as make_studies_report with:
    input:
        studies=PATHS.studies,
        selection=PATHS.selections(RUN.studied_experiments),
        weights=PATHS.list_weights(RUN.studied_experiments),
        figures=PATHS.study_figures(),
        settings=PATHS.settings("configuration"),
    output:
        PATHS.studies_report,
    log:
        "<logs>/make_studies_report.log",
    params:
        command=run_script("make_report"),
        code=code_of("make_report"),
        experiments=RUN.studied_experiments,
        files=input_options("studies", "selection", "weights", "figures"),
        benchmarks=PATHS.benchmarks,
    message:
        "report of the studies"
