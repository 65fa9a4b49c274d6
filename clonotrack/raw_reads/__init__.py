"""Read FASTQ, FASTA, BAM and CRAM files into fragments; extract UMIs, trim primers, filter by quality."""
