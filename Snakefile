"""Entry of a checkout: include the workflow and name its default target, which an included file cannot do."""


include: "workflows/Snakefile"


rule default:
    default_target: True
    input:
        rules.all.input,
