"""Run `colorkeras colorize` from a clone: `python pipelines/colorize.py --help`."""

import sys

from colorkeras.cli import main

if __name__ == "__main__":
    sys.exit(main(command="colorize"))
