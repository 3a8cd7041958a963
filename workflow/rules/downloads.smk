# Product files from their providers, kept in the folders of the configuration.
# Needs: the network. Makes: downloads/<product>/D.json, and the file that it names.


# Compute nodes often have no way to the outside.
localrules:
    download,


rule download:
    input:
        # What was fetched stays good when the way of fetching changes.
        script=ancient("workflow/scripts/download.py"),
    output:
        "results/{run}/downloads/{product}/{date}.json",
    log:
        "results/{run}/logs/download/{product}/{date}.log",
    benchmark:
        "results/{run}/benchmarks/download/{product}/{date}.tsv"
    wildcard_constraints:
        product="cs2smos|concentration|drift|cmems",
    retries: 3
    threads: 1
    resources:
        mem_mb=500,
        runtime=60,
        downloads=1,
    params:
        date=iso,
        folder=lambda wildcards: SOURCES.provider(wildcards.product)[0],
        addresses=lambda wildcards: SOURCES.provider(wildcards.product)[1],
    message:
        "{wildcards.product} of {params.date} from its provider"
    shell:
        "python {input.script} --product {wildcards.product} --date {params.date} --folder {params.folder:q}"
        " --addresses {params.addresses:q} --record {output} > {log} 2>&1"
