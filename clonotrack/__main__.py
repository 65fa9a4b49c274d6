"""``python -m clonotrack``: the command line."""

import sys

from clonotrack.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
