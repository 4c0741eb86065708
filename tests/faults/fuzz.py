"""Read damaged files in a separate process: `python fuzz.py KIND FIRST LAST FOLDER`.

Prints the number of each case before reading it, which identifies a case that ends the process.
"""

import io
import json
import resource
import shutil
import signal
import sys
from pathlib import Path

import numpy as np

SECONDS = 30
"""Time limit for one file."""

MEGABYTES = 6000
"""Limit of address space, of which TensorFlow reserves several thousand without using them."""


def damaged(content, generator):
    """Return bytes with some changed, removed, doubled or cut off."""
    content = bytearray(content)
    for _ in range(int(generator.integers(1, 9))):
        if not content:
            break
        start = int(generator.integers(len(content)))
        length = int(generator.integers(1, 9))
        kind = generator.integers(6)
        if kind == 0:
            content[start] ^= 1 << int(generator.integers(8))
        elif kind == 1:
            content[start : start + length] = generator.bytes(length)
        elif kind == 2:
            del content[start : start + length]
        elif kind == 3:
            content[start:start] = content[start : start + length]
        elif kind == 4:
            content[start : start + 4] = generator.choice([b"\xff" * 4, b"\0" * 4, b"\x7f\xff" * 2])
        elif generator.integers(4) == 0:
            del content[start:]
    return bytes(content)


def changed(value, generator):
    """Return JSON content with some values replaced."""
    if isinstance(value, dict):
        return {key: changed(each, generator) for key, each in value.items()}
    if generator.integers(10):
        return value
    hostile = (None, True, -1, 10**400, 1e308, "", "../..", "\0", [], {}, "a" * 10000, [[1]])
    return hostile[int(generator.integers(len(hostile)))]


def _tiff_files():
    """Return TIFF files with several directories, tiles, planes and kinds of samples."""
    import tifffile

    deep = np.random.default_rng(0).integers(0, 2**16, (20, 30, 3), np.uint16)
    rgb = {"photometric": "rgb"}
    files = []
    for pages in (
        [(deep, {"tile": (16, 16), **rgb})],
        [(np.moveaxis(deep, -1, 0), {"planarconfig": "separate", **rgb})],
        [(np.dstack([deep, deep[..., :1]]), {"extrasamples": ["assocalpha"], **rgb})],
        [(deep, {"photometric": "cielab", "compression": "zlib"})],
        [(deep[..., 0].astype(np.int16), {})],
        [(deep[..., 0], {"subfiletype": 1, "subifds": 1}), (deep[..., 1], {}), (deep[..., 2], {})],
    ):
        buffer = io.BytesIO()
        with tifffile.TiffWriter(buffer) as file:
            for pixels, settings in pages:
                file.write(pixels, metadata=None, **settings)
        files.append(buffer.getvalue())
    return files


def _tagged_files(image, exif):
    """Return files with PNG color chunks, and with XMP, comments and Photoshop resources."""
    from PIL import PngImagePlugin

    sys.path.append(str(Path(__file__).resolve().parents[1]))
    from image_files import IPTC, XMP, segment

    chunks = PngImagePlugin.PngInfo()
    chunks.add(b"gAMA", b"\0\1\x86\xa0")
    chunks.add(b"cICP", bytes([12, 13, 0, 1]))
    chunks.add_itxt("XML:com.adobe.xmp", XMP.decode())
    extra = segment(0xED, b"Photoshop 3.0\0" + IPTC)
    files = [io.BytesIO(), io.BytesIO()]
    image.save(files[0], "PNG", pnginfo=chunks, exif=exif)
    image.save(files[1], "JPEG", xmp=XMP, exif=exif, comment=b"\xff", extra=extra)
    return [file.getvalue() for file in files]


def images(folder):
    """Return a reader of images in all formats, with metadata."""
    from PIL import Image

    from colorkeras import image_io

    generator = np.random.default_rng(0)
    color = Image.fromarray(generator.integers(0, 256, (20, 30, 3), np.uint8))
    deep = Image.fromarray(generator.integers(0, 2**16, (20, 30), np.uint16))
    exif = Image.Exif()
    exif[271], exif[274] = "Leica", 6
    whole = {}
    for kind, image in (
        ("JPEG", color),
        ("PNG", color),
        ("PNG", deep),
        ("TIFF", color),
        ("TIFF", deep),
        ("WEBP", color),
        ("BMP", color),
        ("GIF", color.convert("P")),
        ("AVIF", color),
    ):
        buffer = io.BytesIO()
        settings = {} if kind in ("BMP", "GIF") else {"exif": exif}
        try:
            image.save(buffer, kind, **settings)
        except (KeyError, OSError):  # Some builds of Pillow cannot write AVIF.
            continue
        whole[kind, image.mode] = buffer.getvalue()
    contents = [*whole.values(), *_tiff_files(), *_tagged_files(color, exif)]

    def read(number):
        generator = np.random.default_rng(number)
        path = folder / "case"
        path.write_bytes(damaged(contents[number % len(contents)], generator))
        with image_io.open_image(path, max_megapixels=1) as opened:
            for image in opened.pages:
                assert image.pixels.size <= 3e6

    return read


def configs(folder):
    """Return a reader of runs' config.json."""
    import dataclasses

    from colorkeras.config.training_config import TrainingConfig
    from colorkeras.export.metadata import FORMAT_VERSION
    from colorkeras.training import run_directory

    config = {
        "settings": dataclasses.asdict(TrainingConfig()),
        "format_version": FORMAT_VERSION,
        "resumed_after": [1],
        "seed": 0,
    }

    def read(number):
        generator = np.random.default_rng(number)
        text = json.dumps(changed(config, generator)).encode()
        content = text if number % 2 else damaged(text, generator)
        (folder / "config.json").write_bytes(content)
        run_directory.read_config(folder, {"export_dir": "saved_models"} if number % 3 else {})

    return read


def all_checksums(folder):
    """Return a reader of checksums."""
    from colorkeras.export import checksums

    (folder / "saved_model.pb").write_bytes(b"program")
    path = folder / checksums.CHECKSUMS_FILE
    path.parent.mkdir()
    checksums.write_checksums(folder)
    whole = path.read_bytes()

    def read(number):
        generator = np.random.default_rng(number)
        text = json.dumps(changed(json.loads(whole), generator)).encode()
        path.write_bytes(text if number % 2 else damaged(whole, generator))
        checksums.verify(folder, required=True)

    return read


def models(folder):
    """Return a loader of exports with one damaged file."""
    from colorkeras.export import bundled, saved_model

    copy = shutil.copytree(bundled.resolve("unet"), folder / "copy")
    files = sorted(path for path in copy.rglob("*") if path.is_file())
    contents = {path: path.read_bytes() for path in files}

    def read(number):
        path = files[number % len(files)]
        path.write_bytes(damaged(contents[path], np.random.default_rng(number)))
        try:
            saved_model.load(copy)
        finally:
            path.write_bytes(contents[path])

    return read


KINDS = {"images": images, "configs": configs, "checksums": all_checksums, "models": models}


def main(kind, first, last, folder):
    from colorkeras.utils.errors import UserError

    read = KINDS[kind](Path(folder))
    resource.setrlimit(resource.RLIMIT_AS, (MEGABYTES * 10**6,) * 2)
    refused = 0
    for number in range(int(first), int(last)):
        print(number, flush=True)
        signal.alarm(SECONDS)
        try:
            read(number)
        except UserError:
            refused += 1
    signal.alarm(0)
    print(f"refused {refused}")


if __name__ == "__main__":
    main(*sys.argv[1:])
