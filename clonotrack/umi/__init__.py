"""Count the molecules of each target from the UMIs of its reads."""
