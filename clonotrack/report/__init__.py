"""Stage report: results for a person to read, and for other programs.

No result is stated without the limit of detection it was reached at.

- `patient_page`: one patient's page as HTML, without JavaScript or anything to load;
- `cohort`: results of all patients as a flat table and as a nested document;
- `multiqc`: table of all samples for MultiQC;
- `terminal_table`: table of all results for the terminal;
- `statement`: one result as a sentence.
"""

from clonotrack.report.cohort import cohort, multiqc
from clonotrack.report.page import patient_page
from clonotrack.report.statement import statement
from clonotrack.report.terminal import terminal_table

__all__ = ["cohort", "multiqc", "patient_page", "statement", "terminal_table"]
