include: "workflows/Snakefile"
