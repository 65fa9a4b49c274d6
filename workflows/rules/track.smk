rule track:
    """Count the markers of all patients in every sample; markers of other patients show carry-over."""
    input:
        reads=reads_of_sample,
        samples=SHEET,
        markers=MARKERS,
        controls=CONTROLS,
        settings=SETTINGS_FILE,
        compiled=COMPILED,
    output:
        hits=RESULTS / "5_track/{sample}.hits.tsv",
        qc=RESULTS / "5_track/{sample}.track.qc.tsv",
    log:
        RESULTS / "logs/track/{sample}.log",
    benchmark:
        RESULTS / "logs/track/{sample}.benchmark.tsv"
    conda:
        "../envs/clonotrack.yaml"
    params:
        common=COMMON,
        markers=options("--markers", MARKERS),
    shell:
        "clonotrack track --samples {input.samples:q} --sample-id {wildcards.sample} {params.markers:q}"
        " {params.common:q} --force -o {output.hits:q} 2> {log:q}"
