"""What samples, patients, libraries and runs may be called: their names become names of files."""

from __future__ import annotations

import re

IDENTIFIER = re.compile(r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9_.+-]*")
"""Letters, digits and ``_ . + -`` after a letter or digit, without ``..``, which would leave the folder."""
