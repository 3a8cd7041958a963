# The synthetic Arctic as a source of raw products; folders that are there already need no rule.
# Needs: its settings. Makes: synthetic/<season>/{nextsim,cs2smos,concentration,drift}/ in the providers' layouts.

for SEASON in RUN.calendar.seasons():
    MODEL_FILES, OBSERVED_FILES = SOURCES.synthetic_files(SEASON)
    if not MODEL_FILES and not OBSERVED_FILES:
        continue

    rule:
        name:
            f"make_synthetic_season_{SEASON.name}"
        input:
            settings=PATHS.settings("synthetic"),
        output:
            model=MODEL_FILES,
            observed=OBSERVED_FILES,
        log:
            f"<logs>/make_synthetic_season/{SEASON.name}.log",
        benchmark:
            f"<benchmarks>/make_synthetic_season/{SEASON.name}.tsv"
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            mem_mb=2000,
            runtime=20,
        params:
            command=run_script("make_synthetic_season"),
            code=code_of("make_synthetic_season"),
            area=DIGESTS.area,
            grid=grid_options(RUN.area),
            first=SEASON.first.isoformat(),
            last=SEASON.last.isoformat(),
            dates=format_stamps(RUN.synthetic_days(SEASON)[0]),
            observed=format_stamps(RUN.synthetic_days(SEASON)[1]),
            folder=PATHS.synthetic_season.format(season=SEASON.name),
        message:
            "synthetic Arctic of the season {params.first} to {params.last}"
        shell:
            "{params.command} {params.grid} --season-start {params.first} --season-end {params.last}"
            " --dates {params.dates} --observed-dates {params.observed} --settings {input.settings:q}"
            " --output {params.folder:q} > {log:q} 2>&1"
