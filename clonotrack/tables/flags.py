"""Flags of a result, each with a sentence for the reader of a report: the condition, and what to do about it."""

FLAGS = {
    "no_cells": "The number of nucleated cells is not known: give input_cells or input_ng for this sample, or amplify "
    "reference loci.",
    "no_marker": "The patient has no selected marker, so nothing was tracked.",
    "locus_not_amplified": "The library has no primers for the locus of the marker, so the marker cannot be detected.",
    "locus_not_stated": "The marker has no locus, so it is not known whether the library's primers amplify it: a "
    "negative result is valid only if they do.",
    "reads_too_short": "Almost no read is as long as the clone-specific part of the marker, so the marker cannot be "
    "counted: shorten that part by target_start and target_end.",
    "no_reads": "The sample has no usable read, or none of the locus of the marker: check the file of reads and "
    "the primers of the library.",
    "no_molecules": "Reads cannot be converted to molecules: the library has neither calibrators nor UMIs, and the "
    "sample has no lymphoid_fraction.",
    "calibrators_not_found": "Calibrators were put into the tube, but none was found in the reads.",
    "calibrators_pooled": "No calibrator has the locus of the marker, or the marker has no locus: the calibrators of "
    "all loci were used.",
    "calibrator_refused": "The counts of one calibrator differed strongly from those of the other calibrators, so "
    "this calibrator was left out; the QC table names the calibrator.",
    "too_many_calibrators": "More calibrator molecules were counted than were put in: check the copies in the controls "
    "table.",
    "umi_saturated": "The marker has more molecules than its UMIs can distinguish, so they cannot be counted.",
    "depth_unknown": "No molecule of any target was counted, so the reads per molecule are not known: add "
    "calibrators, or give the share of the cells that carry the locus.",
    "control_contaminated": "A no-template control of this run contains more reads of the marker than index hopping "
    "explains, so the run is contaminated: repeat it from the DNA.",
    "control_missing": "A no-template control of this run is on the sheet, but its hits were not given: contamination "
    "cannot be noticed.",
    "shared_rearrangement": "Samples of other people have the same rearrangement, which can explain the counts: "
    "compare with the other markers of the patient.",
    "carry_over": "Carry-over from other samples of the run can explain the counts: sequence the sample again in a "
    "run without samples that have many reads of this marker.",
    "rna": "The library was made from RNA: transcripts do not count cells, so the result is only a share of reads.",
    "read_share": "Molecules were computed from the share of reads, without calibrators or UMIs: no LoD or LoQ below "
    "1e-4 is stated.",
    "capture_assumed": "The settings of the library state no capture, so the default (quantify.default_capture) was "
    "assumed: measure the capture and set it.",
    "hopping_assumed": "The run has too few pairs of samples to estimate index hopping: the share in the settings of "
    "the library, otherwise quantify.default_hopping, was used.",
    "single_index": "Samples of the run differ in one index only: index hopping and contamination cannot be "
    "distinguished.",
    "efficiency_assumed": "There are fewer than five calibrators, so the spread of PCR efficiency between sequences "
    "(efficiency_sd in section quantify) was assumed: add calibrators of the locus, or set efficiency_sd in the "
    "section of the library.",
    "background_unproven": "The control samples have too few cells to show that this marker has no background: add "
    "polyclonal controls.",
    "background": "Control samples contain reads of the marker at this level too.",
    "shallow": "More than 20 % of the molecules that were captured have no read: sequence more deeply.",
    "more_than_input": "There are more clone cells than nucleated cells, beyond chance: check the input, the copies of "
    "the calibrators and copies_per_cell.",
    "markers_disagree": "The MRD values of the markers of this sample differ by more than chance: compare the rows "
    "of the markers.",
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
