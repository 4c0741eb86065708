"""`python pipelines/models.py --help`; the same as `colorkeras models`."""

import sys

from colorkeras.cli import main

if __name__ == "__main__":
    sys.exit(main(command="models"))
