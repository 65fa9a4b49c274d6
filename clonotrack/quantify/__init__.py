"""Stage quantify: estimate clone cells per nucleated cell from counts."""
