"""`python pipelines/demo.py --help`; the same as `colorkeras demo`."""

import sys

from colorkeras.cli import main

if __name__ == "__main__":
    sys.exit(main(command="demo"))
