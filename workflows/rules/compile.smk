rule compile:
    """Compile the kernels where the other jobs run, before many of them need the same ones.

    Its output is temporary, so that it runs whenever another job has to. If kernels cannot be kept, the log says so and
    every job compiles its own.
    """
    output:
        temp(touch(RESULTS / ".compiled")),
    log:
        RESULTS / "logs/compile/compile.log",
    conda:
        "../envs/clonotrack.yaml"
    threads: 4
    shell:
        "clonotrack compile --jobs {threads} > {log:q} 2>&1 || true"
