"""Stage cluster: group rearrangements into clonotypes and build a consensus of each."""
