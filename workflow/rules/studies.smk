# Studies: experiments that differ in one key, compared on some days (Table 2 and Figures 4 to 7 of the report).
# Needs: the scores of their ensembles. Makes: studies.csv, figures/study_<name>.png and .pdf.

STUDIES = {name: asdict(study) for name, study in RUN.studies.items()}
STUDIED = [
    (experiment, date.fromisoformat(day))
    for study in RUN.studies.values()
    for experiment in study.values
    for day in study.dates
]
COMPARED = list(dict.fromkeys(experiment for experiment, _ in STUDIED))


rule study_table:
    input:
        scores=sorted({path for experiment, day in STUDIED for path in scores_of(experiment, "model", [day])}),
        script="workflow/scripts/study_table.py",
        modules=modules("studies", "score_tables", "intervals"),
    output:
        "results/{run}/studies.csv",
    log:
        "results/{run}/logs/study_table.log",
    benchmark:
        "results/{run}/benchmarks/study_table.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        studies=json.dumps(STUDIES),
        intervals=as_json(RUN.content["bootstrap"]),
    message:
        "table of the studies"
    shell:
        "python {input.script} --scores {input.scores} --studies {params.studies:q} --intervals {params.intervals:q}"
        " --output {output} > {log} 2>&1"


rule study_figure:
    input:
        table="results/{run}/studies.csv",
        script="workflow/scripts/draw_figure.py",
        modules=modules("figures/style", "figures/studies"),
    output:
        png="results/{run}/figures/study_{study}.png",
        pdf="results/{run}/figures/study_{study}.pdf",
    log:
        "results/{run}/logs/figure/study_{study}.log",
    benchmark:
        "results/{run}/benchmarks/figure/study_{study}.tsv"
    wildcard_constraints:
        study="|".join(STUDIES) or "none",
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        final=RUN.content["studies"]["final"],
    message:
        "figure study_{wildcards.study}"
    shell:
        "python {input.script} study --studies {input.table} --study {wildcards.study} --final {params.final}"
        " --png {output.png} --pdf {output.pdf} > {log} 2>&1"
