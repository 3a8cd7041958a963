# Files of merged settings, which other rules hand to their scripts.
# Needs: the configuration. Makes: settings/{configuration,<section>,features/<set>/<branch>,<experiment>/<stage>}.yaml.

# Who publishes is written as soon as the workflow is read, and no rule makes it: whatever waits for the output of a rule that is
# to run again would be left out of the plan where that output is ancient.
write_text_if_changed(PATHS.settings("publication"), format_settings(SETTINGS.pop("publication")))


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
