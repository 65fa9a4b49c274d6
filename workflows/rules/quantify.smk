rule quantify:
    input:
        hits=expand(RESULTS / "5_track/{sample}.hits.tsv", sample=PATIENT_SAMPLES),
        background=expand(RESULTS / "5_track/{sample}.hits.tsv", sample=CONTROL_SAMPLES),
        reads=reads_of(SAMPLES),
        samples=SHEET,
        markers=MARKERS,
        controls=CONTROLS,
        settings=SETTINGS_FILE,
        compiled=COMPILED,
    output:
        mrd=RESULTS / "6_quantify/mrd.tsv",
        kinetics=RESULTS / "6_quantify/kinetics.tsv",
        control_checks=RESULTS / "6_quantify/control_checks.tsv",
        cross_sample=RESULTS / "6_quantify/cross_sample.tsv",
        qc=RESULTS / "6_quantify/quantify.qc.tsv",
        summary=RESULTS / "6_quantify/summary.json",
    log:
        RESULTS / "logs/quantify/quantify.log",
    conda:
        "../envs/clonotrack.yaml"
    params:
        common=COMMON,
        markers=options("--markers", MARKERS),
        background=lambda wildcards, input: options("--background", input.background),
    shell:
        "clonotrack quantify {input.hits:q} --samples {input.samples:q} {params.markers:q}"
        " {params.background:q} {params.common:q} --force -o {output.mrd:q} 2> {log:q}"
