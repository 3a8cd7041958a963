# Ensembles of every date, from the model's and from the observed features.
# Needs: a day's features, the chosen weights. Makes: <branch>/predictions/sit_hrai_D.nc for the published experiment,
# experiments/<experiment>/<branch>/predictions/sit_hrai_D.nc for the others; the published experiment's, drawn from
# another feature set, below feature_sets/<set>/.


rule draw_ensemble:
    input:
        features=lambda wildcards: PATHS.features(wildcards.branch, [day_of(wildcards)], set_drawn_from(wildcards)),
        weights=lambda wildcards: PATHS.weights(experiment_of(wildcards)),
        settings=lambda wildcards: PATHS.settings(f"{experiment_of(wildcards)}/ensembles"),
    output:
        PATHS.ensemble,
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
        grid=grid_options(RUN.content["grid"]["area"]),
        date=iso,
        experiment=experiment_of,
        seed=lambda wildcards: RUN.experiment(experiment_of(wildcards))["ensembles"]["seed"],
    message:
        "ensemble of {params.date} ({wildcards.branch})"
    shell:
        "{params.command} --features {input.features:q} --weights {input.weights:q} {params.grid}"
        " --date {params.date} --branch {wildcards.branch} --experiment {params.experiment}"
        " --settings {input.settings:q} --settings-digest {params.digest} --seed {params.seed}"
        " --threads {threads} --output {output:q} > {log:q} 2>&1"


use rule draw_ensemble as draw_published_ensemble with:
    output:
        PATHS.published_ensemble,
    log:
        "<logs>/draw_published_ensemble/{feature_set}{branch}/{date}.log",
    benchmark:
        "<benchmarks>/draw_published_ensemble/{feature_set}{branch}/{date}.tsv"
