"""Read FASTQ, FASTA, BAM and CRAM files as fragments, with UMIs and primers."""
