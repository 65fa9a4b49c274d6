"""Read and write files: tables, sample sheets, settings, FASTA and FASTQ, and the results of commands."""
