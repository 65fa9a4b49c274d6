"""Stage report: write the results for people and for other programs.

Each result is stated with the limit of detection of its sample.

- `patient_page`: HTML page of one patient, without JavaScript or external files;
- `cohort`: results of all patients, as a flat table and as a nested document;
- `multiqc`: table of all samples for MultiQC;
- `terminal_table`: table of all results for the terminal;
- `statement`: one result as a sentence.
"""

from clonotrack.report.cohort import cohort, multiqc
from clonotrack.report.page import patient_page
from clonotrack.report.statement import statement
from clonotrack.report.terminal import terminal_table

__all__ = ["cohort", "multiqc", "patient_page", "statement", "terminal_table"]
