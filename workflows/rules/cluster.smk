rule cluster:
    input:
        rearrangements=RESULTS / "2_annotate/{sample}.rearrangements.tsv",
        controls=CONTROLS,
        settings=SETTINGS_FILE,
        compiled=COMPILED,
    output:
        clonotypes=RESULTS / "3_cluster/{sample}.clonotypes.tsv",
        qc=RESULTS / "3_cluster/{sample}.cluster.qc.tsv",
    log:
        RESULTS / "logs/cluster/{sample}.log",
    conda:
        "../envs/clonotrack.yaml"
    params:
        common=COMMON,
    shell:
        "clonotrack cluster {input.rearrangements:q} {params.common:q}"
        " --force -o {output.clonotypes:q} 2> {log:q}"
