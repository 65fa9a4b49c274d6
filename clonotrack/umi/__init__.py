"""Count molecules from UMIs."""
