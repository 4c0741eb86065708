"""`python pipelines/export.py --help`; the same as `colorkeras export`."""

import sys

from colorkeras.cli import main

if __name__ == "__main__":
    sys.exit(main(command="export"))
