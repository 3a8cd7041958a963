# What people take away: the published folders and tables of a run with manifest, data card, licences and citation.
# Needs: the run's outputs. Makes: package/, a BagIt bag of links to them.


rule make_package:
    input:
        files=PATHS.package_files(),
        settings=PATHS.settings("configuration"),
    output:
        directory(PATHS.package),
    log:
        "<logs>/make_package.log",
    benchmark:
        "<benchmarks>/make_package.tsv"
    conda:
        ENVIRONMENT
    threads: 2
    resources:
        mem_mb=2000,
        runtime=120,
    params:
        command=run_script("make_package"),
        code=code_of("make_package"),
        folder=lambda wildcards: PATHS.folder,
        workflow=lambda wildcards, input: own_path("."),
    message:
        "package"
    shell:
        "{params.command} --settings {input.settings:q} --folder {params.folder:q} --workflow {params.workflow:q}"
        " --threads {threads} --output {output:q} > {log:q} 2>&1"
