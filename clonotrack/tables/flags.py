"""What a result's `flags` can say, each with the sentence that a person reads."""

FLAGS = {
    "no_cells": "There is no way to the number of nucleated cells: give input_cells or input_ng for this sample, or "
    "amplify reference loci.",
    "no_marker": "The patient has no trackable marker, so nothing was looked for.",
    "locus_not_amplified": "The library has no primers for the locus of the marker, so it could not be seen.",
    "locus_not_stated": "The marker states no locus, so whether the library's primers amplify it is not known: a "
    "negative is one only if they do.",
    "reads_too_short": "Next to no read is as long as the clone-specific part of the marker, so it could not be "
    "counted: narrow the part down by target_start and target_end.",
    "no_reads": "The sample has no usable read.",
    "no_molecules": "There is no way from reads to molecules: the library has neither calibrators nor UMIs, and the "
    "sample no lymphoid_fraction.",
    "calibrators_not_found": "Calibrators were put into the tube but none was found in the reads.",
    "calibrators_pooled": "No calibrator is of the locus of the marker, or the marker states none; those of all "
    "loci were used.",
    "calibrator_refused": "A calibrator was far from the others and was left out; the quality table names it.",
    "too_many_calibrators": "More calibrator molecules were found than were put in: their copies are not what they are "
    "said to be.",
    "umi_saturated": "The molecules of the marker fill the space of its UMIs, so they could not be counted.",
    "depth_unknown": "No molecule of any target was seen, so it is not known how deeply the molecules were read: add "
    "calibrators, or give the share of the cells that carry the locus.",
    "control_contaminated": "A no-template control of this run holds more reads of the marker than carry-over "
    "explains.",
    "control_missing": "A no-template control of this run is on the sheet and its hits were not given: contamination "
    "would not have been seen.",
    "shared_rearrangement": "Unrelated samples carry the same rearrangement; what was found is explained by it.",
    "carry_over": "What was found is explained by reads that other samples of the run leave in this one.",
    "rna": "The library was made from RNA: transcripts are not cells, so there is a frequency only.",
    "read_share": "Molecules come from the share of reads, without calibrators or UMIs.",
    "capture_assumed": "The library states no capture; the configured default was assumed.",
    "hopping_assumed": "The run has too few pairs of samples to measure index hopping; the stated or default share was "
    "taken.",
    "single_index": "Samples of the run differ in one index only: index hopping and contamination cannot be told "
    "apart.",
    "efficiency_assumed": "Fewer than five calibrators: how much the efficiency of sequences differs was assumed.",
    "background_unproven": "The control samples hold too few cells to show that this marker has no background.",
    "background": "Reads at this level were also seen in controls.",
    "shallow": "There are too few reads per molecule to see every molecule that was captured.",
    "more_than_input": "There are more cells of the clone than nucleated cells, beyond chance: the input, the copies "
    "of the calibrators or copies_per_cell are not what they are said to be.",
    "markers_disagree": "The markers of this sample differ by more than chance.",
}

FAILURES = (
    "no_cells",
    "no_marker",
    "locus_not_amplified",
    "reads_too_short",
    "no_reads",
    "no_molecules",
    "calibrators_not_found",
    "too_many_calibrators",
    "umi_saturated",
    "depth_unknown",
    "control_contaminated",
    "rna",
)
"""Flags that leave a row without a result."""
