# Studies: experiments that differ in one key, compared on some days (Table 2 and Figures 4 to 7 of the report).
# Needs: the scores of their ensembles. Makes: studies.csv, figures/study_<name>.png and .pdf.


rule study_table:
    input:
        scores=PATHS.study_scores(),
        settings=PATHS.settings("studies"),
    output:
        PATHS.studies,
    log:
        "<logs>/study_table.log",
    benchmark:
        "<benchmarks>/study_table.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        command=run_script("study_table"),
        code=code_of("study_table"),
    message:
        "table of the studies"
    shell:
        "{params.command} --scores {input.scores:q} --settings {input.settings:q} --output {output:q} > {log:q} 2>&1"


rule draw_study_figure:
    input:
        table=PATHS.studies,
    output:
        png=PATHS.study_figure,
        pdf=PATHS.study_figure.removesuffix(".png") + ".pdf",
    log:
        "<logs>/draw_study_figure/{study}.log",
    benchmark:
        "<benchmarks>/draw_study_figure/{study}.tsv"
    wildcard_constraints:
        study="|".join(RUN.studies) or "none",
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        command=run_script("draw_figure"),
        code=code_of("draw_figure", lambda wildcards: [find_kind("study").module]),
        final=RUN.content["studies"]["final"],
    message:
        "figure study_{wildcards.study}"
    shell:
        "{params.command} study --studies {input.table:q} --study {wildcards.study} --final {params.final}"
        " --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"
