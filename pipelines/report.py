"""`python pipelines/report.py --help`; the same as `colorkeras report`."""

import sys

from colorkeras.cli import main

if __name__ == "__main__":
    sys.exit(main(command="report"))
