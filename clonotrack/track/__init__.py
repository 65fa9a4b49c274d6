"""Stage track: count markers and controls in raw reads."""
