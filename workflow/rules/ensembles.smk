# Ensembles of every date, from the model's and from the observed features.
# Needs: a day's features, the chosen weights. Makes: <branch>/predictions/sit_hrai_D.nc for the published experiment,
# experiments/<experiment>/<branch>/predictions/sit_hrai_D.nc for the others; the published experiment's, drawn from
# another feature set, below feature_sets/<set>/.


rule draw_ensemble:
    input:
        features=lambda wildcards: features_of(wildcards.branch, [day_of(wildcards)], set_drawn_from(wildcards)),
        weights=lambda wildcards: weights_of(experiment_of(wildcards)),
        script="workflow/scripts/draw_ensemble.py",
        areas=AREAS,
        modules=modules("generation", "consistency", *DRAWING),
    output:
        "results/{run}/experiments/{experiment}/{branch}/predictions/sit_hrai_{date}.nc",
    log:
        "results/{run}/logs/draw_ensemble/{experiment}/{branch}/{date}.log",
    benchmark:
        "results/{run}/benchmarks/draw_ensemble/{experiment}/{branch}/{date}.tsv"
    wildcard_constraints:
        experiment="|".join(name for name in RUN.content["experiments"] if name not in BASELINES),
    threads: 7
    resources:
        mem_mb=6000,
        runtime=60,
        gpu=1,
    params:
        date=iso,
        area=area,
        sampler=lambda wildcards: as_json(RUN.experiment(experiment_of(wildcards))["sampler"]),
        seed=lambda wildcards: RUN.experiment(experiment_of(wildcards))["ensembles"]["seed"],
        details=details_of_ensemble,
        # A study of single trainings shows the others where one diverged (report, Figure 4).
        diverged=lambda wildcards: (
            "--missing-if-diverged" if "seed" in RUN.experiment(experiment_of(wildcards)) else ""
        ),
    message:
        "ensemble of {params.date} ({wildcards.branch})"
    shell:
        "python {input.script} --features {input.features} --weights {input.weights} --areas {input.areas}"
        " --area {params.area} --date {params.date} --sampler {params.sampler:q} --seed {params.seed}"
        " --threads {threads} --details {params.details:q} {params.diverged} --output {output} > {log} 2>&1"


use rule draw_ensemble as draw_published_ensemble with:
    output:
        "results/{run}/{feature_set}{branch}/predictions/sit_hrai_{date}.nc",
    log:
        "results/{run}/logs/draw_published_ensemble/{feature_set}{branch}/{date}.log",
    benchmark:
        "results/{run}/benchmarks/draw_published_ensemble/{feature_set}{branch}/{date}.tsv"
