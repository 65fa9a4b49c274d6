"""Pattern of identifiers of samples, patients, libraries and runs, which become parts of file names."""

from __future__ import annotations

import re

IDENTIFIER = re.compile(r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9_.+-]*")
"""Letters, digits and ``_ . + -``; the first character is a letter or digit. Two dots (``..``) are not allowed."""
