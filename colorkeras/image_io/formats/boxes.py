"""Metadata in the boxes of JPEG 2000 and JPEG XL files, which Pillow does not read.

References:
    ISO/IEC 15444-1, annex I, and ISO/IEC 18181-2, section "Box types".
    Adobe, "XMP Specification Part 3", section "JPEG 2000".
"""

import io
import re
import struct

from colorkeras.image_io.metadata import DAMAGED
from colorkeras.image_io.metadata.xmp import RDF

_XML = b"xml "
_COMPRESSED = b"brob"
_UUID = b"uuid"
_MAX_LENGTH = 2**26
"""Maximum length in bytes of a box with metadata, and of all decompressed boxes together."""

_EXIF_BLOCK = re.compile(rb"II\*\0|MM\0\*")
"""Start of an EXIF block, which may follow some other bytes."""

_RDF = RDF.encode()
"""Namespace that XMP contains, unlike other XML."""

_TOO_LONG = "metadata longer than 64 MB was left out"
_NOT_DECOMPRESSED = (
    "compressed metadata was left out (to keep it, run pip install 'colorkeras[codecs]')"
)

# Names of boxes, or identifiers of boxes named "uuid", and the keys of their contents in Pillow.
_KEYS = {
    _XML: "xmp",
    b"Exif": "exif",
    bytes.fromhex("be7acfcb97a942e89c71999491e3afac"): "xmp",
    b"JpgTiffExif->JP2": "exif",
    bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38"): "iptc",
}
_NAMES = {"xmp": "XMP packets", "exif": "EXIF blocks", "iptc": "IPTC blocks"}
"""Dict from the keys in Pillow to names in messages."""


def read_metadata_boxes(stream):
    """Read the metadata from a file that consists of boxes.

    Args:
        stream: File opened in binary mode. Its position is preserved.

    Returns:
        `(found, notes)`: dict from `xmp`, `exif` and `iptc` to bytes, empty if the file does not
        consist of boxes; and a list of notes on lost metadata.
    """
    start, found, notes, budget = stream.tell(), {}, [], _MAX_LENGTH
    for name, content, is_complete in _boxes(stream):
        is_compressed = name == _COMPRESSED
        if is_compressed:
            name, content = content[:4], content[4:]
        elif name == _UUID:
            name, content = content[:16], content[16:]
        key = _KEYS.get(name)
        if key is None:
            continue
        if not is_complete:
            notes.append(_TOO_LONG)
            continue
        is_decoded = not (is_compressed and key in found)
        if is_compressed and is_decoded:
            try:
                content = _decompressed(content, budget)
            except ImportError:
                notes.append(_NOT_DECOMPRESSED)
                continue
            budget -= len(content)
        if name == _XML and is_decoded and _RDF not in content and content != DAMAGED:
            notes.append("XML other than XMP was left out")
        elif key in found:
            notes.append(f"only the first of several {_NAMES[key]} was kept")
        else:
            block = _EXIF_BLOCK.search(content) if key == "exif" else None
            found[key] = content[block.start() :] if block else content
    stream.seek(start)
    return found, list(dict.fromkeys(notes))


def _boxes(stream):
    """Yield `(name, content, is_complete)` for each box that may contain metadata.

    The content of a box that is too long consists of its first 16 bytes.
    """
    end = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    while len(head := stream.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        length -= 8
        if length == 1 - 8:
            length = int.from_bytes(stream.read(8)) - 16
        is_known, following = name in (*_KEYS, _UUID, _COMPRESSED), stream.tell() + length
        if is_known and length <= _MAX_LENGTH:
            # The last box may have the length 0.
            yield name, stream.read(length if length >= 0 else _MAX_LENGTH), True
        elif length >= 0 and following <= end:
            if is_known:
                yield name, stream.read(16), False
            stream.seek(following)
        else:
            return


def _decompressed(content, max_length):
    """Return the decompressed content of a box, or `DAMAGED`."""
    import imagecodecs

    try:
        return bytes(imagecodecs.brotli_decode(content, out=max_length))
    except imagecodecs.BrotliError:
        return DAMAGED
