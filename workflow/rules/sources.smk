# The twin as a source of raw products; folders that are there already need no rule.
# Needs: settings of the twin. Makes: twin/<season>/{nextsim,cs2smos,concentration,drift}/ in the providers' layouts.

for SEASON in RUN.calendar.seasons():
    MODEL_FILES, OBSERVED_FILES = SOURCES.synthetic_files(SEASON)
    if not MODEL_FILES and not OBSERVED_FILES:
        continue

    rule:
        name:
            f"twin_{SEASON.name}"
        input:
            script="workflow/scripts/make_synthetic_season.py",
            areas=AREAS,
            modules=modules(*(f"twin/{name}" for name in sorted(glob_wildcards("superice/twin/{name}.py").name))),
        output:
            model=MODEL_FILES,
            observed=OBSERVED_FILES,
        log:
            f"results/{RUN.name}/logs/twin/{SEASON.name}.log",
        benchmark:
            f"results/{RUN.name}/benchmarks/twin/{SEASON.name}.tsv"
        threads: 1
        resources:
            mem_mb=2000,
            runtime=20,
        params:
            folder=f"results/{RUN.name}/twin/{SEASON.name}",
            area=area,
            first=SEASON.first.isoformat(),
            last=SEASON.last.isoformat(),
            dates=",".join(map(str, RUN.synthetic_days(SEASON)[0])),
            observed=",".join(map(str, RUN.synthetic_days(SEASON)[1])),
            settings=as_json(RUN.content["synthetic"]),
        message:
            "virtual Arctic of the season {params.first} to {params.last}"
        shell:
            "python {input.script} --areas {input.areas} --area {params.area}"
            " --season-start {params.first} --season-end {params.last}"
            " --dates={params.dates} --observed-dates={params.observed} --settings {params.settings:q}"
            " --output {params.folder} > {log} 2>&1"
