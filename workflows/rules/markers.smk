rule control_hits:
    """Count the calibrators in a baseline; two criteria of the dominance rule need them."""
    input:
        reads=reads_of_sample,
        samples=SHEET,
        controls=CONTROLS,
        settings=SETTINGS_FILE,
        compiled=COMPILED,
    output:
        hits=RESULTS / "4_markers/{sample}.control_hits.tsv",
        qc=temp(RESULTS / "4_markers/{sample}.control_hits.track.qc.tsv"),
    log:
        RESULTS / "logs/markers/{sample}.control_hits.log",
    conda:
        "../envs/clonotrack.yaml"
    params:
        common=COMMON,
    shell:
        "clonotrack track --samples {input.samples:q} --sample-id {wildcards.sample}"
        " {params.common:q} --force -o {output.hits:q} 2> {log:q}"


rule markers:
    input:
        clonotypes=baselines_of(RESULTS / "3_cluster/{sample}.clonotypes.tsv"),
        hits=baselines_of(RESULTS / "4_markers/{sample}.control_hits.tsv"),
        samples=SHEET,
        controls=CONTROLS,
        settings=SETTINGS_FILE,
        compiled=COMPILED,
    output:
        RESULTS / "4_markers/{subject}.markers.tsv",
    log:
        RESULTS / "logs/markers/{subject}.log",
    conda:
        "../envs/clonotrack.yaml"
    params:
        common=COMMON,
        hits=lambda wildcards, input: options("--hits", input.hits),
    shell:
        "clonotrack markers {input.clonotypes:q} --subject-id {wildcards.subject} --samples {input.samples:q}"
        " {params.hits:q} {params.common:q} --force -o {output:q} 2> {log:q}"
