"""Stage markers: select the clonotypes of a baseline that follow-ups are searched for."""
