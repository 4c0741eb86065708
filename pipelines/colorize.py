"""`python pipelines/colorize.py --help`; the same as `colorkeras colorize`."""

import sys

from colorkeras.cli import main

if __name__ == "__main__":
    sys.exit(main(command="colorize"))
