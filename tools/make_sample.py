"""Build the packaged `sample` dataset from freely redistributable color photographs.

All photographs are taken from PyPI packages and are in the public domain or licensed under CC0-1.0.
The output is committed to the repository, so run this script only to change the photographs. It
requires a separate environment with Python 3.11:

    pip install scikit-image==0.26.0 matplotlib==3.11.2 scipy==1.11.4 numpy==1.26.4 pillow==13.0.0
    python tools/make_sample.py

SciPy is pinned to 1.11 because later versions do not contain the required photograph. The output is
reproducible with these versions; other Pillow versions may encode JPEG files slightly differently.
"""

import bz2
import hashlib
import io
import json
from importlib import metadata
from pathlib import Path

from PIL import Image, ImageCms

OUTPUT = Path(__file__).resolve().parents[1] / "colorkeras" / "data" / "sample_photographs"
SHORTER_SIDE = 512
CC0_URL = "https://creativecommons.org/publicdomain/zero/1.0/"

# Split by photograph, because crops from the same photograph overlap.
PHOTOGRAPHS = [
    {
        "file": "astronaut.jpg",
        "title": "Astronaut Eileen Collins",
        "author": "NASA",
        "package": "scikit-image",
        "path": "skimage/data/astronaut.png",
        "license": "Public domain",
        "license_url_or_text": "skimage.data.astronaut: 'downloaded from the NASA Great Images "
        "database <https://flic.kr/p/r9qvLn>. No known copyright restrictions, released into the "
        "public domain.'",
        "split": "train",
    },
    {
        "file": "cat.jpg",
        "title": "Chelsea the cat",
        "author": "Stefan van der Walt",
        "package": "scikit-image",
        "path": "skimage/data/chelsea.png",
        "license": "CC0-1.0",
        "license_url_or_text": CC0_URL,
        "split": "validation",
    },
    {
        "file": "coffee.jpg",
        "title": "Coffee cup (courtesy of Pikolo Espresso Bar)",
        "author": "Rachel Michetti",
        "package": "scikit-image",
        "path": "skimage/data/coffee.png",
        "license": "CC0-1.0",
        "license_url_or_text": CC0_URL,
        "split": "test",
    },
    {
        "file": "officer.jpg",
        "title": "Grace Hopper, United States Navy",
        "author": "United States Navy",
        "package": "matplotlib",
        "path": "matplotlib/mpl-data/sample_data/grace_hopper.jpg",
        "license": "Public domain",
        "license_url_or_text": "Work of the United States Navy (17 U.S.C. 105). Comment inside the "
        "file: 'File source: http://commons.wikimedia.org/wiki/File:Grace_Hopper.jpg'",
        "split": "train",
    },
    {
        "file": "raccoon.jpg",
        "title": "Raccoon (Procyon lotor)",
        "author": "public-domain-image.com",
        "package": "scipy",
        "path": "scipy/misc/face.dat",
        "license": "Public domain",
        "license_url_or_text": "scipy.misc.face: 'raccoon-procyon-lotor.jpg at "
        "http://www.public-domain-image.com'",
        "split": "train",
    },
    {
        "file": "rocket.jpg",
        "title": "Falcon 9 with DSCOVR on the launch pad",
        "author": "SpaceX",
        "package": "scikit-image",
        "path": "skimage/data/rocket.jpg",
        "license": "Public domain",
        "license_url_or_text": "skimage.data.rocket: 'captured by SpaceX and released in the "
        "public domain <http://arstechnica.com/tech-policy/2015/03/"
        "elon-musk-puts-spacex-photos-into-the-public-domain/>'",
        "split": "train",
    },
]


def read_photograph(path):
    """Read a photograph as a PIL image in sRGB."""
    if path.suffix == ".dat":
        # SciPy stores its photograph as bzip2-compressed raw RGB data.
        return Image.frombytes("RGB", (1024, 768), bz2.decompress(path.read_bytes()))
    image = Image.open(path).convert("RGB")
    profile = image.info.get("icc_profile")
    if profile is None:
        return image
    # One photograph is in Adobe RGB; ignoring its profile would desaturate its colors.
    return ImageCms.profileToProfile(image, io.BytesIO(profile), ImageCms.createProfile("sRGB"))


def encode(image):
    """Encode a PIL image as a small JPEG file with full chroma resolution and no metadata."""
    scale = SHORTER_SIDE / min(image.size)
    if scale < 1:
        width, height = (round(side * scale) for side in image.size)
        image = image.resize((width, height), Image.Resampling.LANCZOS)
    # Pasting into a new image drops the original's profile and comments.
    clean = Image.new("RGB", image.size)
    clean.paste(image)
    buffer = io.BytesIO()
    clean.save(buffer, "JPEG", quality=92, subsampling="4:4:4", optimize=True)
    return buffer.getvalue()


def main():
    OUTPUT.mkdir(parents=True, exist_ok=True)
    sources = []
    for photograph in PHOTOGRAPHS:
        package, path = photograph["package"], photograph["path"]
        distribution = metadata.distribution(package)
        data = encode(read_photograph(Path(distribution.locate_file(path))))
        (OUTPUT / photograph["file"]).write_bytes(data)
        sources.append(
            {
                "file": photograph["file"],
                "title": photograph["title"],
                "author": photograph["author"],
                "source": f"{package} {distribution.version}: {path}",
                "license": photograph["license"],
                "license_url_or_text": photograph["license_url_or_text"],
                "split": photograph["split"],
                "sha256": hashlib.sha256(data).hexdigest(),
            }
        )
        print(f"{photograph['file']}: {len(data)} bytes")
    (OUTPUT / "sources.json").write_text(json.dumps(sources, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
