"""Run `colorkeras evaluate` from a clone: `python pipelines/evaluate.py --help`."""

import sys

from colorkeras.cli import main

if __name__ == "__main__":
    sys.exit(main(command="evaluate"))
