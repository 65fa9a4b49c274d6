rule report:
    input:
        mrd=RESULTS / "6_quantify/mrd.tsv",
        kinetics=RESULTS / "6_quantify/kinetics.tsv",
        qc=patient_qc,
        summary=RESULTS / "6_quantify/summary.json",
        samples=SHEET,
        markers=MARKERS,
        settings=SETTINGS_FILE,
    output:
        RESULTS / "7_report/{subject}.html",
    log:
        RESULTS / "logs/report/{subject}.log",
    conda:
        "../envs/clonotrack.yaml"
    params:
        common=COMMON,
        markers=options("--markers", MARKERS),
        qc=lambda wildcards, input: options("--qc", input.qc),
    shell:
        "clonotrack report {input.mrd:q} --subject-id {wildcards.subject} {params.markers:q} {params.qc:q}"
        " --kinetics {input.kinetics:q} --samples {input.samples:q} --summary {input.summary:q}"
        " {params.common:q} --force -o {output:q} 2> {log:q}"


rule cohort:
    input:
        mrd=RESULTS / "6_quantify/mrd.tsv",
        summary=RESULTS / "6_quantify/summary.json",
        samples=SHEET,
        markers=MARKERS,
        settings=SETTINGS_FILE,
    output:
        RESULTS / "7_report/cohort.tsv",
        RESULTS / "7_report/cohort.json",
        RESULTS / "7_report/clonotrack_mqc.json",
    log:
        RESULTS / "logs/report/cohort.log",
    conda:
        "../envs/clonotrack.yaml"
    params:
        common=COMMON,
        markers=options("--markers", MARKERS),
        folder=RESULTS / "7_report",
    shell:
        "clonotrack report {input.mrd:q} --cohort {params.markers:q} --samples {input.samples:q}"
        " --summary {input.summary:q} {params.common:q} --force -o {params.folder:q} 2> {log:q}"
