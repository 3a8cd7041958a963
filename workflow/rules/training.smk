# Trainings of every experiment, one for each seed, and the choice among them.
# Needs: stored days of training and validation, normalisation.json. Makes:
# training/<experiment>/seed<k>/{model.safetensors,history.csv}, training/<experiment>/{selection.csv,chosen.safetensors}.
# An experiment that is trained as another has a choice of its own where the noise of its sampler is chosen.


# Trainings are chosen on the validation days, or on the training days where there are no others.
VALIDATION = RUN.calendar.split_days("validation") or RUN.calendar.split_days("training")
# Experiments with trainings of their own.
TRAINED = [name for name in RUN.content["experiments"] if RUN.find_training(name) == name and not RUN.is_baseline(name)]
# Experiments with a choice of their own.
CHOOSING = [name for name in RUN.content["experiments"] if RUN.chooses_for_itself(name)]


rule train:
    input:
        training=lambda wildcards: PATHS.stored_days(wildcards.experiment, RUN.calendar.split_days("training")),
        validation=lambda wildcards: PATHS.stored_days(wildcards.experiment, VALIDATION),
        normalisation=lambda wildcards: PATHS.training_normalisation(wildcards.experiment),
        settings=lambda wildcards: PATHS.settings(f"{wildcards.experiment}/training"),
    output:
        weights=PATHS.trained_weights,
        history=PATHS.history,
    log:
        "<logs>/train/{experiment}_seed{seed}.log",
    benchmark:
        "<benchmarks>/train/{experiment}_seed{seed}.tsv"
    wildcard_constraints:
        experiment="|".join(TRAINED),
    conda:
        ENVIRONMENT
    threads: lambda wildcards: 7 * RUN.count_devices(wildcards.experiment)
    resources:
        mem_mb=3000,
        runtime=4320,
        gpu=lambda wildcards: RUN.count_devices(wildcards.experiment),
    params:
        command=run_script("train", lambda wildcards: RUN.count_devices(wildcards.experiment)),
        code=code_of("train"),
        store=lambda wildcards, input: os.path.dirname(input.validation[0]),
        training=format_stamps(RUN.calendar.split_days("training")),
        validation=format_stamps(VALIDATION),
        area=DIGESTS.area,
        grid=grid_options(RUN.area),
        # A stopped training resumes from here; not an output, since those of a failed job are deleted.
        checkpoint=PATHS.checkpoint,
    message:
        "training {wildcards.experiment}, seed {wildcards.seed} (progress: tail -f {log})"
    shell:
        "{params.command} --store {params.store:q} --training {params.training} --validation {params.validation}"
        " --normalisation {input.normalisation:q} --settings {input.settings:q} --experiment {wildcards.experiment}"
        " {params.grid}"
        " --seed {wildcards.seed} --threads {threads} --checkpoint {params.checkpoint:q}"
        " --history {output.history:q} --output {output.weights:q} > {log:q} 2>&1"


rule select_training:
    input:
        weights=lambda wildcards: PATHS.candidates(wildcards.experiment),
        validation=lambda wildcards: PATHS.features("model", VALIDATION, RUN.feature_set(wildcards.experiment)),
        settings=lambda wildcards: PATHS.settings(f"{wildcards.experiment}/selection"),
    output:
        weights=PATHS.chosen_weights,
        table=PATHS.selection,
    log:
        "<logs>/select_training/{experiment}.log",
    benchmark:
        "<benchmarks>/select_training/{experiment}.tsv"
    wildcard_constraints:
        experiment="|".join(CHOOSING),
    conda:
        ENVIRONMENT
    threads: 7
    resources:
        mem_mb=3000,
        runtime=240,
        gpu=1,
    params:
        command=run_script("select_training"),
        code=code_of("select_training"),
        features=lambda wildcards, input: os.path.dirname(input.validation[0]),
        validation=format_stamps(VALIDATION),
        area=DIGESTS.area,
        grid=grid_options(RUN.area),
    message:
        "choice of the weights and the sampler of {wildcards.experiment}"
    shell:
        "{params.command} --weights {input.weights:q} --features {params.features:q}"
        " --validation {params.validation} --settings {input.settings:q}"
        " {params.grid} --threads {threads} --table {output.table:q} --output {output.weights:q}"
        " > {log:q} 2>&1"
