# Figures, made from files alone.
# Needs: histories, ensembles, features, scores, as far as the run has them. Makes: figures/<figure>.png and .pdf.

DRAWN_FROM = collect_figures(RUN, PATHS)
SEASONS = last_seasons(RUN)
FIGURES = [PATHS.figure.format(figure=name) for name in DRAWN_FROM]
FIGURES += [PATHS.animation.format(branch=branch) for branch in SEASONS]


rule draw_figure:
    input:
        files=lambda wildcards: [path for files in DRAWN_FROM[wildcards.figure].values() for path in files],
    output:
        png=PATHS.figure,
        pdf=PATHS.figure.removesuffix(".png") + ".pdf",
    log:
        "<logs>/draw_figure/{figure}.log",
    benchmark:
        "<benchmarks>/draw_figure/{figure}.tsv"
    wildcard_constraints:
        figure="|".join(DRAWN_FROM),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=4000,
        runtime=20,
    params:
        command=run_script("draw_figure"),
        code=code_of("draw_figure", lambda wildcards: [find_kind(wildcards.figure).module]),
        kind=lambda wildcards: wildcards.figure.split("_")[0],
        zoom=lambda wildcards: "--zoom" if wildcards.figure.endswith("_zoom") else "",
        options=lambda wildcards: [
            part for option, files in DRAWN_FROM[wildcards.figure].items() if files for part in (f"--{option}", *files)
        ],
    message:
        "figure {wildcards.figure}"
    shell:
        "{params.command} {params.kind} {params.options:q} {params.zoom} --png {output.png:q} --pdf {output.pdf:q}"
        " > {log:q} 2>&1"


rule animate_season:
    input:
        features=lambda wildcards: season_files(RUN, PATHS, wildcards.branch, SEASONS[wildcards.branch])["features"],
        predictions=lambda wildcards: PATHS.ensembles(RUN.published, wildcards.branch, SEASONS[wildcards.branch]),
    output:
        PATHS.animation,
    log:
        "<logs>/animate_season/{branch}.log",
    benchmark:
        "<benchmarks>/animate_season/{branch}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=4000,
        runtime=20,
    params:
        command=run_script("animate_season"),
        code=code_of("animate_season"),
    message:
        "animation of a season ({wildcards.branch})"
    shell:
        "{params.command} --features {input.features:q} --predictions {input.predictions:q} --output {output:q}"
        " > {log:q} 2>&1"
