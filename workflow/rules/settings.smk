# Merged settings of the run, of its feature sets and of its experiments, which other rules hand to their scripts.
# Needs: the configuration. Makes: settings/{configuration,<experiment>,feature_sets/<set>,surrogate/<experiment>}.yaml.


rule write_settings:
    output:
        [PATHS.settings(name) for name in SETTINGS],
    params:
        content=compute_digest(SETTINGS),
    localrule: True
    message:
        "settings of the run"
    run:
        write_settings(PATHS, SETTINGS)
