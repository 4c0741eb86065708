"""Helpers for creating image files for tests and reading files written by the package."""

import io
import struct

import numpy as np
from PIL import ExifTags, Image, TiffImagePlugin

from colorkeras import image_io

GPS = {1: "N", 2: (52.0, 30.0, 15.5), 3: "E", 4: (13.0, 24.0, 0.0)}
MAKER_NOTE = b"\1\2\3secret\0" * 20
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    b' dc:rights="nobody &amp; all"/>'
    b"</rdf:RDF></x:xmpmeta>"
)
RECORDS = b"\x1c\x02\x78\x00\x07Grandma"
"""IPTC-IIM data with a caption."""


def resource(number, content):
    """Return the bytes of a Photoshop resource."""
    padding = b"\0" * (len(content) % 2)
    return b"8BIM" + struct.pack(">HHI", number, 0, len(content)) + content + padding


IPTC = resource(1028, RECORDS)


def ramp(shape, dtype=np.uint8):
    """Return pixels that cover all levels and change under every reflection and rotation."""
    levels = np.linspace(0, np.iinfo(dtype).max, int(np.prod(shape)))
    return levels.astype(dtype).reshape(shape)


def read(path, **settings):
    """Return all images in a file and its `Contents`."""
    with image_io.open_image(path, **settings) as contents:
        return list(contents.pages), contents


def exif_of(orientation=None):
    """Return an EXIF block similar to those written by cameras."""
    exif = Image.Exif()
    exif.endian = "<"
    exif[ExifTags.Base.Make] = "Leica"
    exif[ExifTags.Base.ImageDescription] = "Grandma"
    exif[ExifTags.Base.Software] = "Scanner 1.0"
    if orientation is not None:
        exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.IFD.Exif] = {
        ExifTags.Base.ExifVersion: b"0232",
        ExifTags.Base.ExposureTime: TiffImagePlugin.IFDRational(1, 2),
        ExifTags.Base.MakerNote: MAKER_NOTE,
        ExifTags.Base.ColorSpace: 65535,
        ExifTags.Base.ExifImageWidth: 9999,
        ExifTags.IFD.Interop: {1: "R98"},
    }
    exif[ExifTags.IFD.GPSInfo] = GPS
    return exif


def with_thumbnail(block, thumbnail):
    """Add a JPEG preview to a little-endian EXIF block."""
    tiff = block.removeprefix(b"Exif\0\0")
    (count,) = struct.unpack_from("<H", tiff, 8)
    link = 10 + 12 * count
    tiff += b"\0" * (len(tiff) % 2)
    start = len(tiff) + 2 + 2 * 12 + 4
    directory = struct.pack("<HHHIIHHIII", 2, 513, 4, 1, start, 514, 4, 1, len(thumbnail), 0)
    tiff = tiff[:link] + struct.pack("<I", len(tiff)) + tiff[link + 4 :]
    return b"Exif\0\0" + tiff + directory + thumbnail


def jpeg_bytes(image, **settings):
    """Return an image encoded as a JPEG file."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **settings)
    return buffer.getvalue()


def segment(marker, content):
    """Return a JPEG segment with a marker such as 0xE1."""
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def box(name, content):
    """Return a box as in JPEG 2000 and AVIF files."""
    return struct.pack(">I", 8 + len(content)) + name + content


def _fixed(number):
    return struct.pack(">i", round(number * 65536))


def gamma_curve(gamma):
    """Return a color profile's curve tag for a power function."""
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"


def profile_of(space, tags):
    """Return the bytes of a color profile for the `GRAY` or `RGB ` color space."""
    white = b"XYZ \0\0\0\0" + b"".join(map(_fixed, (0.9642, 1, 0.8249)))
    tags = {b"wtpt": white, **tags}
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += struct.pack(">4sII", name, start + len(body), len(content))
        body += content
    header = struct.pack(">I4sI4s4s4s", start + len(body), b"", 0x02400000, b"mntr", space, b"XYZ ")
    header = (header + b"\0" * 12 + b"acsp").ljust(68, b"\0") + white[8:]
    return header.ljust(128, b"\0") + table + body


def gray_profile(gamma):
    """Return a grayscale color profile with a power function as its curve."""
    return profile_of(b"GRAY", {b"kTRC": gamma_curve(gamma)})


ADOBE_RGB = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))


def rgb_profile(gamma, curve=None, primaries=ADOBE_RGB):
    """Return an RGB color profile with a power function or another curve."""
    columns = zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True)
    tags = {name: b"XYZ \0\0\0\0" + b"".join(map(_fixed, xyz)) for name, xyz in columns}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve or gamma_curve(gamma))
    return profile_of(b"RGB ", tags)
