# Ensembles without a network, which one with a network must beat.
# Needs: a day's features and, for the correlated noise, the stored training days. Makes: training/<experiment>/noise.json,
# experiments/<experiment>/<branch>/predictions/sit_hrai_D.nc of the experiments that are baselines.


rule fit_noise:
    input:
        training=lambda wildcards: PATHS.stored_days(wildcards.experiment, RUN.calendar.split_days("training")),
    output:
        PATHS.noise,
    log:
        "<logs>/fit_noise/{experiment}.log",
    benchmark:
        "<benchmarks>/fit_noise/{experiment}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1000,
        runtime=60,
    params:
        command=run_script("fit_noise"),
        code=code_of("fit_noise"),
        store=lambda wildcards, input: os.path.dirname(input.training[0]),
        training=format_stamps(RUN.calendar.split_days("training")),
        spacing=DIGESTS.spacing_km,
    message:
        "correlated noise of the training days"
    shell:
        "{params.command} --store {params.store:q} --training {params.training} --spacing-km {params.spacing}"
        " --output {output:q} > {log:q} 2>&1"


rule draw_baseline:
    input:
        features=lambda wildcards: PATHS.features(wildcards.branch, [day_of(wildcards)], set_drawn_from(wildcards)),
        noise=lambda wildcards: (
            PATHS.noise.format(experiment=wildcards.experiment)
            if RUN.experiment(wildcards.experiment)["baseline"] == "correlated_noise"
            else []
        ),
        settings=lambda wildcards: PATHS.settings(f"{wildcards.experiment}/ensembles"),
        publication=ancient(publication_file),
    output:
        PATHS.ensemble,
    log:
        "<logs>/draw_baseline/{experiment}/{branch}/{date}.log",
    benchmark:
        "<benchmarks>/draw_baseline/{experiment}/{branch}/{date}.tsv"
    wildcard_constraints:
        experiment="|".join(RUN.baselines),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        command=run_script("draw_baseline"),
        code=code_of("draw_baseline"),
        digest=lambda wildcards: DIGESTS.digest_ensemble(
            wildcards.experiment, wildcards.branch, set_drawn_from(wildcards)
        ),
        grid=grid_options(RUN.area),
        date=iso,
        noise=input_options("noise"),
        seed=lambda wildcards: RUN.experiment(wildcards.experiment)["ensembles"]["seed"],
    message:
        "{wildcards.experiment} of {params.date} ({wildcards.branch})"
    shell:
        "{params.command} --features {input.features:q} {params.noise} {params.grid} --date {params.date}"
        " --branch {wildcards.branch} --experiment {wildcards.experiment} --settings {input.settings:q}"
        " --settings-digest {params.digest}"
        " --publication {input.publication:q} --seed {params.seed} --output {output:q} > {log:q} 2>&1"
