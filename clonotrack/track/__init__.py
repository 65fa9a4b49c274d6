"""Stage track: count the reads of one tube that match a marker or a control.

The way of a read: `stage.prepare_targets` decides the targets and their allowed edits (`targets`, `allowed_edits`).
`search.TargetSearch` holds all seeds of all targets (`seed_index`) and takes batches of reads, in two threads:
the seed filter and the word filter name candidate targets (`kernels.seed_filter`, `kernels.word_filter`), and
`kernels.verify_hits` computes the distance to each (`kernels.distance`) and assigns the read (`kernels.assign`).
The result is one row of matches for each target that counts a fragment. In the order of the file, `count_hits`
counts them by target, match class and distance, `count_umis` counts their molecules, and `locus_counts` counts all
reads by the locus of their J. `hits_table` writes these counts as HITS, and `qc` adds what errors take from a marker.
"""
