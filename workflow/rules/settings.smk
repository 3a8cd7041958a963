# Files of merged settings, which other rules hand to their scripts.
# Needs: the configuration. Makes: settings/{configuration,<section>,features/<set>/<branch>,<experiment>/<stage>}.yaml; as a run
# begins, settings/publication.yaml.

PUBLICATION = format_settings(SETTINGS.pop("publication"))


def publication_file(wildcards):
    """Return the file of who publishes, which no rule makes; none where a plan, which writes nothing, comes before all runs.

    Whatever waits for the output of a rule that is to run again would be left out of the plan where that output is ancient.
    """
    return find_publication()


@cache
def find_publication():
    """Return that file, written anew where a run begins."""
    path = PATHS.settings("publication")
    if workflow.is_main_process and workflow.executor_plugin and not workflow.dryrun:
        write_at_start(path, PUBLICATION)
    return [] if workflow.is_main_process and not os.path.exists(path) else path


def write_at_start(path, text):
    """Write a file of settings before the first job; end where it cannot be written."""
    try:
        write_text_if_changed(path, text)
    except OutputError as error:
        sys.exit(
            f"settings: {path} cannot be written ({error.reason}); name a folder of your own with --directory, or make"
            " this one writable"
        )


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
