"""Run `colorkeras train` from a clone: `python pipelines/train.py --help`."""

import sys

from colorkeras.cli import main

if __name__ == "__main__":
    sys.exit(main(command="train"))
