"""The checkout's entry to the workflow; an included file cannot name the default target itself."""


include: "workflows/Snakefile"


rule default:
    default_target: True
    input:
        rules.all.input,
