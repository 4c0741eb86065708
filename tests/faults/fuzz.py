"""Program that reads damaged files: `python fuzz.py KIND FIRST LAST FOLDER`.

It prints the number of each case before reading the file, to identify a case that crashes the
process.
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
"""Time limit for each file."""

MEGABYTES = 6000
"""Address space limit. TensorFlow reserves several gigabytes without using them."""


def damaged(content, generator):
    """Return a damaged copy with bytes changed, removed or duplicated, or the end cut off."""
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
    if generator.integers(20):
        return value
    hostile = (None, True, -1, 10**400, 1e308, "", "../..", "\0", [], {}, "a" * 10000, [[1]])
    return hostile[int(generator.integers(len(hostile)))]


def _tiff_files():
    """Return TIFF files with several directories, tiles, planes and sample types."""
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
    """Return image files with PNG color chunks, XMP, comments and Photoshop resources."""
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
    """Return a function that reads damaged images in all formats, including their metadata."""
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
    """Return a function that reads a run's damaged config.json."""
    import dataclasses

    from colorkeras.config.training_config import TrainingConfig
    from colorkeras.export.metadata import FORMAT_VERSION
    from colorkeras.training import run_directory

    config = {
        "settings": dataclasses.asdict(TrainingConfig()),
        "format_version": FORMAT_VERSION,
        "versions": {"colorkeras": "0.2.0"},
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
    """Return a function that reads damaged checksums."""
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
    """Return a function that loads an export with one damaged file."""
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


def _tensor(spec, contents, generator):
    """Return a random NumPy array for an endpoint input, often with an invalid shape."""
    shape = generator.choice([0, 1, 1, 2, 3, 8, 9], generator.integers(6))
    if spec.shape.rank == 4 and generator.integers(4):
        shape = [*generator.choice([0, 1, 2, 7, 8, 33], 3), 1]
    elif generator.integers(4):
        shape = [2] if spec.shape.rank else []
    if spec.dtype.name == "string":
        count = int(np.prod(shape))
        whole = [contents[generator.integers(len(contents))] for _ in range(count)]
        files = [damaged(file, generator) if generator.integers(2) else file for file in whole]
        return np.array([*files, b""], object)[:count].reshape(shape)
    numbers = generator.normal(0.5, 10.0 ** generator.integers(-1, 4), shape)
    if spec.dtype.is_floating and generator.integers(4) == 0:
        numbers = numbers * generator.choice([np.nan, np.inf, 0, 1e38])
    with np.errstate(all="ignore"):
        return np.asarray(numbers).astype(spec.dtype.as_numpy_dtype)


def requests(folder):
    """Return a function that sends random requests to the endpoints of the bundled models."""
    import tensorflow as tf
    from PIL import Image

    from colorkeras.export import bundled
    from colorkeras.utils.errors import UserError

    del folder
    models = [tf.saved_model.load(str(bundled.resolve(name))) for name in bundled.BUNDLED_MODELS]
    signatures = [function for model in models for function in model.signatures.values()]
    contents = []
    for kind in ("PNG", "JPEG", "BMP", "GIF"):
        buffer = io.BytesIO()
        Image.linear_gradient("L").resize((13, 9)).save(buffer, kind)
        contents.append(buffer.getvalue())
    refusals = (tf.errors.InvalidArgumentError, tf.errors.ResourceExhaustedError)

    def read(number):
        assert models  # The models keep the variables alive.
        generator = np.random.default_rng(number)
        signature = signatures[number % len(signatures)]
        _, specs = signature.structured_input_signature
        inputs = {name: _tensor(spec, contents, generator) for name, spec in specs.items()}
        try:
            outputs = signature(**{name: tf.constant(value) for name, value in inputs.items()})
        except refusals as error:
            raise UserError(str(error), "a request", "Send another one.") from error
        count = len(inputs["grayscale" if "grayscale" in inputs else "image_bytes"])
        assert all(output.shape[0] == count for output in outputs.values())

    return read


KINDS = {
    "images": images,
    "configs": configs,
    "checksums": all_checksums,
    "models": models,
    "requests": requests,
}


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
