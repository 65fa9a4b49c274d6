"""Stage quantify: from counted reads to clone cells per nucleated cell, with interval, limits and a call.

The reads of a sample are a compound Poisson sum over its clone cells: `severity` says how many reads a cell gives,
`process` what the reads of a row are drawn from, `limits` what can be inferred, `decision` what is called. `assay`,
`background` and `evidence` bring the numbers together from the tables. docs/statistics.md derives it all.
"""

from clonotrack.quantify.planning import Plan, plan
from clonotrack.quantify.stage import Result, quantify

__all__ = ["Plan", "Result", "plan", "quantify"]
