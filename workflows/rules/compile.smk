rule compile:
    """Compile the kernels where the other jobs run, before many jobs need the same kernels.

    The rule runs again with another version of clonotrack. If compiled kernels cannot be kept, the log says so, and
    every job compiles its own kernels.
    """
    output:
        touch(RESULTS / ".compiled"),
    log:
        RESULTS / "logs/compile/compile.log",
    conda:
        "../envs/clonotrack.yaml"
    threads: 2
    params:
        version=clonotrack.__version__,
    shell:
        "clonotrack compile --jobs {threads} > {log:q} 2>&1 || true"
