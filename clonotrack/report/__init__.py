"""Stage report: what a person reads, and what the next program reads.

`patient` makes one patient's page (HTML, no JavaScript, nothing to load), `cohort` the flat table and the nested
document of all patients, `multiqc` their table for MultiQC, `terminal_table` a table for the terminal, `statement` the
sentence of one result. No result is given without the sensitivity it was reached at.
"""

from clonotrack.report.cohort import cohort, multiqc
from clonotrack.report.page import patient
from clonotrack.report.statement import statement
from clonotrack.report.terminal import terminal_table

__all__ = ["cohort", "multiqc", "patient", "statement", "terminal_table"]
