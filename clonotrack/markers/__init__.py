"""Stage markers: select the clonotypes of a baseline that are the cancer's."""
