"""`python -m colorkeras`; the same as `colorkeras`."""

import sys

from colorkeras.cli import main

if __name__ == "__main__":
    sys.exit(main())
