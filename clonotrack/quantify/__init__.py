"""Stage quantify."""
