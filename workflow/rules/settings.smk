# Files of merged settings, which other rules hand to their scripts.
# Needs: the configuration. Makes: settings/{configuration,<section>,features/<set>/<branch>,<experiment>/<stage>}.yaml;
# publication_file in common.smk, settings/publication.yaml as a run begins.


rule write_settings:
    output:
        PATHS.settings_file,
    log:
        "<logs>/write_settings/{settings}.log",
    wildcard_constraints:
        settings="|".join(SETTINGS),
    localrule: True
    conda:
        ENVIRONMENT
    params:
        content=lambda wildcards: format_settings(SETTINGS[wildcards.settings]),
    message:
        "settings {wildcards.settings}"
    shell:
        "printf %s {params.content:q} > {output:q} 2> {log:q}"
