"""Write the LiteRT files of the bundled models. Run this after re-exporting a bundled model.

python tools/lite_files.py --model unet_vivid    # omit --model to convert all bundled models
"""

import argparse
import sys

from colorkeras.cli import guarded
from colorkeras.export import bundled
from colorkeras.export.lite import lite_file
from colorkeras.export.lite.lite_conversion import add_lite_file


def main():
    """Write the files and print their paths."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", action="append", choices=bundled.BUNDLED_MODELS)
    for name in parser.parse_args().model or bundled.BUNDLED_MODELS:
        folder = bundled.resolve(name)
        add_lite_file(folder)
        print(folder / lite_file.LITE_FILE)


if __name__ == "__main__":
    sys.exit(guarded(main))
