"""`python pipelines/compare.py --help`; the same as `colorkeras compare`."""

import sys

from colorkeras.cli import main

if __name__ == "__main__":
    sys.exit(main(command="compare"))
