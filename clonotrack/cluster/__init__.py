"""Stage cluster: group rearrangements into clonotypes, with a consensus of each."""
