"""Run the command line as ``python -m clonotrack``."""

import sys

from clonotrack.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
