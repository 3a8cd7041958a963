# Ensembles without a network, which one with a network must beat.
# Needs: a day's features and, for the correlated noise, the stored training days. Makes: training/<experiment>/noise.json,
# experiments/<experiment>/<branch>/predictions/sit_hrai_D.nc of the experiments that are baselines.


rule fit_noise:
    input:
        training=of_experiment("store/{date}.npy", date=RUN.calendar.split_days("training")),
        script="workflow/scripts/fit_noise.py",
        modules=modules("baselines", "spectra", "store"),
    output:
        "results/{run}/training/{experiment}/noise.json",
    log:
        "results/{run}/logs/fit_noise/{experiment}.log",
    benchmark:
        "results/{run}/benchmarks/fit_noise/{experiment}.tsv"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=60,
    params:
        store=folder_of("training"),
        training=stamps(RUN.calendar.split_days("training")),
        spacing=SPACING_KM,
    message:
        "correlated noise of the training days"
    shell:
        "python {input.script} --store {params.store} --training {params.training} --spacing-km {params.spacing}"
        " --output {output} > {log} 2>&1"


rule draw_baseline:
    input:
        features=lambda wildcards: features_of(wildcards.branch, [day_of(wildcards)], set_of(wildcards.experiment)),
        noise=lambda wildcards: (
            paths("training/{experiment}/noise.json", experiment=wildcards.experiment)
            if RUN.experiment(wildcards.experiment)["baseline"] == "correlated_noise"
            else []
        ),
        script="workflow/scripts/draw_baseline.py",
        areas=AREAS,
        modules=modules("baselines", "virtual_satellites", "regridding", "spectra"),
    output:
        "results/{run}/experiments/{experiment}/{branch}/predictions/sit_hrai_{date}.nc",
    log:
        "results/{run}/logs/draw_baseline/{experiment}/{branch}/{date}.log",
    benchmark:
        "results/{run}/benchmarks/draw_baseline/{experiment}/{branch}/{date}.tsv"
    wildcard_constraints:
        experiment="|".join(BASELINES),
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        date=iso,
        area=area,
        baseline=lambda wildcards: RUN.experiment(wildcards.experiment)["baseline"],
        noise=lambda wildcards, input: f"--noise {input.noise}" if input.noise else "",
        threshold=lambda wildcards: RUN.features(set_of(wildcards.experiment))["sic_threshold"],
        members=lambda wildcards: RUN.experiment(wildcards.experiment)["sampler"]["members"],
        seed=lambda wildcards: RUN.experiment(wildcards.experiment)["ensembles"]["seed"],
        details=details_of_ensemble,
    message:
        "{wildcards.experiment} of {params.date} ({wildcards.branch})"
    shell:
        "python {input.script} --baseline {params.baseline} --features {input.features} {params.noise}"
        " --sic-threshold {params.threshold} --areas {input.areas} --area {params.area} --date {params.date}"
        " --members {params.members} --seed {params.seed} --details {params.details:q}"
        " --output {output} > {log} 2>&1"
