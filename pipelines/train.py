"""`python pipelines/train.py --help`; the same as `colorkeras train`."""

import sys

from colorkeras.cli import main

if __name__ == "__main__":
    sys.exit(main(command="train"))
