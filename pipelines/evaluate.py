"""`python pipelines/evaluate.py --help`; the same as `colorkeras evaluate`."""

import sys

from colorkeras.cli import main

if __name__ == "__main__":
    sys.exit(main(command="evaluate"))
