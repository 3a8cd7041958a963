# Ensembles of every date, from the model's and from the observed features.
# Needs: a day's features, the chosen weights; for a memory that follows the drift, all days of the branch in the season.
# Makes: <branch>/predictions/sit_hrai_D.nc for the published experiment,
# experiments/<experiment>/<branch>/predictions/sit_hrai_D.nc for the others; the published experiment's, drawn from
# another feature set, below feature_sets/<set>/. Where summaries are kept, also <branch>/summaries/sit_summary_D.nc, and of
# all dates of a branch <branch>/season.zarr.

PUBLISHED_OUTPUTS = {"members": PATHS.published_ensemble if RUN.keeps_members else temp(PATHS.published_ensemble)}
if RUN.writes_summaries:
    PUBLISHED_OUTPUTS["summary"] = PATHS.summary


rule collect_motion:
    input:
        files=lambda wildcards: [
            path for day in days_of_motion(wildcards) for path in SOURCES.motion_files(wildcards.branch, day)
        ],
    output:
        PATHS.motion,
    log:
        "<logs>/collect_motion/{branch}/{season}.log",
    benchmark:
        "<benchmarks>/collect_motion/{branch}/{season}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        command=run_script("collect_motion"),
        code=code_of("collect_motion"),
        area=DIGESTS.area,
        grid=grid_options(RUN.area),
        dates=lambda wildcards: format_stamps(days_of_motion(wildcards)),
        folder=lambda wildcards: SOURCES.motion_folder(wildcards.branch, days_of_motion(wildcards)[0]),
        kind=lambda wildcards: SOURCES.motion_kind(wildcards.branch),
        resample="--resample" if MODEL.get("resample") else "",
    message:
        "motion of the ice through the season {wildcards.season} ({wildcards.branch})"
    shell:
        "{params.command} --source {params.folder:q} --kind {params.kind} {params.resample} --dates {params.dates}"
        " {params.grid} --output {output:q} > {log:q} 2>&1"


rule draw_ensemble:
    input:
        features=lambda wildcards: PATHS.features(wildcards.branch, [day_of(wildcards)], set_drawn_from(wildcards)),
        weights=lambda wildcards: weights_of(experiment_of(wildcards)),
        settings=lambda wildcards: PATHS.settings(f"{experiment_of(wildcards)}/ensembles"),
        mask_reasons=lambda wildcards: (
            PATHS.observed_netcdfs([day_of(wildcards)], set_drawn_from(wildcards))
            if wildcards.branch == "observations" and "experiment" not in wildcards.keys() and RUN.writes_summaries
            else []
        ),
        motion=motion_of,
        publication=ancient(publication_file),
    output:
        members=PATHS.ensemble,
    log:
        "<logs>/draw_ensemble/{experiment}/{branch}/{date}.log",
    benchmark:
        "<benchmarks>/draw_ensemble/{experiment}/{branch}/{date}.tsv"
    wildcard_constraints:
        experiment="|".join(name for name in RUN.content["experiments"] if not RUN.is_baseline(name)),
    conda:
        ENVIRONMENT
    threads: 7
    resources:
        mem_mb=6000,
        runtime=60,
        gpu=1,
    params:
        command=run_script("draw_ensemble"),
        code=code_of("draw_ensemble"),
        digest=lambda wildcards: DIGESTS.digest_ensemble(
            experiment_of(wildcards), wildcards.branch, set_drawn_from(wildcards)
        ),
        grid=grid_options(RUN.area),
        date=iso,
        experiment=experiment_of,
        seed=lambda wildcards: RUN.experiment(experiment_of(wildcards))["ensembles"]["seed"],
        motion=input_options("motion"),
        summary=lambda wildcards, output: f"--summary {shlex.quote(output.summary)}" if len(output) > 1 else "",
    message:
        "ensemble of {params.date} ({wildcards.branch})"
    shell:
        "{params.command} --features {input.features:q} --weights {input.weights:q} {params.grid}"
        " --date {params.date} --branch {wildcards.branch} --experiment {params.experiment}"
        " --settings {input.settings:q} --settings-digest {params.digest}"
        " --publication {input.publication:q} --seed {params.seed}"
        " --threads {threads} {params.motion} --output {output.members:q} {params.summary} > {log:q} 2>&1"


use rule draw_ensemble as draw_published_ensemble with:
    output:
        **PUBLISHED_OUTPUTS,
    log:
        "<logs>/draw_published_ensemble/{feature_set}{branch}/{date}.log",
    benchmark:
        "<benchmarks>/draw_published_ensemble/{feature_set}{branch}/{date}.tsv"


rule make_season:
    input:
        summaries=lambda wildcards: PATHS.summaries(wildcards.branch),
    output:
        directory(PATHS.season),
    log:
        "<logs>/make_season/{branch}.log",
    benchmark:
        "<benchmarks>/make_season/{branch}.tsv"
    conda:
        ENVIRONMENT
    threads: 2
    resources:
        mem_mb=4000,
        runtime=240,
    params:
        command=run_script("make_season"),
        code=code_of("make_season"),
    message:
        "season cube ({wildcards.branch})"
    shell:
        "{params.command} --summaries {input.summaries:q} --output {output:q} > {log:q} 2>&1"
