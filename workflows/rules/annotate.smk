rule annotate:
    input:
        sequences=RESULTS / "1_reads/{sample}.sequences.parquet",
        settings=SETTINGS_FILE,
        compiled=COMPILED,
    output:
        RESULTS / "2_annotate/{sample}.rearrangements.tsv",
    log:
        RESULTS / "logs/annotate/{sample}.log",
    benchmark:
        RESULTS / "logs/annotate/{sample}.benchmark.tsv"
    conda:
        "../envs/clonotrack.yaml"
    threads: 2
    params:
        common=COMMON,
    shell:
        "clonotrack annotate {input.sequences:q} {params.common:q} --threads {threads} --force -o {output:q} 2> {log:q}"
