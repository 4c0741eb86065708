"""Entry point of `python -m colorkeras`."""

import sys

from colorkeras.cli import main

if __name__ == "__main__":
    sys.exit(main())
