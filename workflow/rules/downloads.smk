# Product files from their providers, kept in the folders of the configuration.
# Needs: the network. Makes: downloads/<product>/D.json, and the file that it names.


rule download:
    output:
        PATHS.download_record,
    log:
        "<logs>/download/{product}/{date}.log",
    benchmark:
        "<benchmarks>/download/{product}/{date}.tsv"
    wildcard_constraints:
        product="cs2smos|concentration|drift|cmems",
    retries: 3
    # Compute nodes often have no way to the outside.
    localrule: True
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=500,
        runtime=60,
        downloads=1,
    params:
        # What was fetched stays good when the code that fetches changes: there is no digest of it.
        command=run_script("download"),
        date=iso,
        folder=lambda wildcards: SOURCES.provider(wildcards.product)[0],
        addresses=lambda wildcards: SOURCES.provider(wildcards.product)[1],
    message:
        "{wildcards.product} of {params.date} from its provider"
    shell:
        "{params.command} --product {wildcards.product} --date {params.date} --folder {params.folder:q}"
        " --addresses {params.addresses:q} --record {output:q} > {log:q} 2>&1"
