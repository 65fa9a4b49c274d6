"""Stage track: count the reads of one tube that match a marker or a control.

The steps of the stage:

1. `stage.prepare_targets` decides the targets and their allowed edits (`targets`, `allowed_edits`).
2. `search.TargetSearch` holds the seeds of all targets (`seed_index`) and searches batches of reads in two threads. The
   seed filter and the word filter find candidate targets of a read (`kernels.seed_filter`, `kernels.word_filter`).
   `kernels.verify_hits` computes the distance of the read to each candidate (`kernels.distance`) and assigns the read
   to a target (`kernels.assign`). The result has one row for each fragment and each target that counts the fragment.
3. In the order of the file, `count_hits` counts these rows by target, match class and distance, `count_umis` counts
   molecules, and `locus_counts` counts all reads by the locus of their J.
4. `hits_table` writes the counts as HITS, and `qc` adds the share of a marker's reads that errors take (matching loss).
"""
