rule reads:
    input:
        reads=reads_of_sample,
        samples=SHEET,
        settings=SETTINGS_FILE,
        compiled=COMPILED,
    output:
        sequences=RESULTS / "1_reads/{sample}.sequences.parquet",
        qc=RESULTS / "1_reads/{sample}.reads.qc.tsv",
    log:
        RESULTS / "logs/reads/{sample}.log",
    conda:
        "../envs/clonotrack.yaml"
    params:
        common=COMMON,
    shell:
        "clonotrack reads --samples {input.samples:q} --sample-id {wildcards.sample} {params.common:q}"
        " --force -o {output.sequences:q} 2> {log:q}"
