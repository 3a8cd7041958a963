# Trainings of every experiment, one for each seed, and the choice among them.
# Needs: stored days of training and validation, normalisation.json. Makes:
# training/<experiment>/seed<k>/{model.safetensors,history.csv}, training/<experiment>/{selection.csv,chosen.safetensors}.


# Trainings are chosen on the validation days, or on the training days where there are no others.
VALIDATION = RUN.calendar.split_days("validation") or RUN.calendar.split_days("training")
# Experiments with trainings of their own.
TRAINED = [name for name in RUN.content["experiments"] if RUN.training_of(name) == name and name not in BASELINES]


rule train:
    input:
        training=of_experiment("store/{date}.npy", date=RUN.calendar.split_days("training")),
        validation=of_experiment("store/{date}.npy", date=VALIDATION),
        normalisation=of_experiment("normalisation.json"),
        script="workflow/scripts/train.py",
        modules=modules(
            "network",
            "diffusion",
            "proper_scores",
            "regression",
            "training",
            "parallel",
            "samples",
            "store",
            "weights",
        ),
    output:
        weights="results/{run}/training/{experiment}/seed{seed}/model.safetensors",
        history="results/{run}/training/{experiment}/seed{seed}/history.csv",
    log:
        "results/{run}/logs/train/{experiment}_seed{seed}.log",
    benchmark:
        "results/{run}/benchmarks/train/{experiment}_seed{seed}.tsv"
    wildcard_constraints:
        experiment="|".join(TRAINED),
    threads: lambda wildcards: 7 * devices_of(wildcards.experiment)
    resources:
        mem_mb=3000,
        runtime=4320,
        gpu=lambda wildcards: devices_of(wildcards.experiment),
    params:
        launcher=lambda wildcards: launcher(devices_of(wildcards.experiment)),
        store=folder_of("validation"),
        training=stamps(RUN.calendar.split_days("training")),
        validation=stamps(VALIDATION),
        # A stopped training goes on from here; not an output, since those of a failed job are deleted.
        checkpoint="results/{run}/training/{experiment}/seed{seed}/checkpoint.pt",
        settings=lambda wildcards: as_json(
            {key: RUN.experiment(wildcards.experiment)[key] for key in ("network", "diffusion", "training")}
        ),
    message:
        "training {wildcards.experiment}, seed {wildcards.seed} (progress: tail -f {log})"
    shell:
        "{params.launcher} {input.script} --store {params.store} --training {params.training}"
        " --validation {params.validation}"
        " --normalisation {input.normalisation} --settings {params.settings:q} --experiment {wildcards.experiment}"
        " --seed {wildcards.seed} --threads {threads} --checkpoint {params.checkpoint}"
        " --history {output.history} --output {output.weights} > {log} 2>&1"


rule select_training:
    input:
        weights=lambda wildcards: paths(
            "training/{experiment}/seed{seed}/model.safetensors",
            experiment=wildcards.experiment,
            seed=RUN.experiment(wildcards.experiment)["seeds"],
        ),
        validation=lambda wildcards: features_of("model", VALIDATION, set_of(wildcards.experiment)),
        script="workflow/scripts/select_training.py",
        modules=modules("selection", *DRAWING, "scores", "accuracy", "spectra"),
    output:
        weights="results/{run}/training/{experiment}/chosen.safetensors",
        table="results/{run}/training/{experiment}/selection.csv",
    log:
        "results/{run}/logs/select_training/{experiment}.log",
    benchmark:
        "results/{run}/benchmarks/select_training/{experiment}.tsv"
    wildcard_constraints:
        experiment="|".join(TRAINED),
    threads: 7
    resources:
        mem_mb=3000,
        runtime=240,
        gpu=1,
    params:
        features=folder_of("validation"),
        validation=stamps(VALIDATION),
        spacing=SPACING_KM,
        sampler=lambda wildcards: as_json(RUN.experiment(wildcards.experiment)["sampler"]),
        scoring=as_json(RUN.content["scores"]),
        settings=as_json(RUN.content["selection"]),
    message:
        "choice among the trainings of {wildcards.experiment}"
    shell:
        "python {input.script} --weights {input.weights} --features {params.features} --validation {params.validation}"
        " --sampler {params.sampler:q} --scoring {params.scoring:q} --settings {params.settings:q}"
        " --spacing-km {params.spacing} --threads {threads} --table {output.table} --output {output.weights} > {log} 2>&1"
