"""Metadata in the boxes of JPEG 2000 and JPEG XL files, which Pillow does not read.

References:
    ISO/IEC 15444-1, annex I, and ISO/IEC 18181-2, section "Box types".
    Adobe, "XMP Specification Part 3", section "JPEG 2000".
"""

import re
import struct

_COMPRESSED = b"brob"
_UUID = b"uuid"
_MAX_LENGTH = 2**26
"""Maximum length of a box with metadata in bytes."""

_EXIF_BLOCK = re.compile(rb"II\*\0|MM\0\*")
"""Start of an EXIF block, which may follow some other bytes."""

# Names of boxes, or identifiers of boxes named "uuid", and the keys of their contents in Pillow.
_KEYS = {
    b"xml ": "xmp",
    b"Exif": "exif",
    bytes.fromhex("be7acfcb97a942e89c71999491e3afac"): "xmp",
    b"JpgTiffExif->JP2": "exif",
    bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38"): "iptc",
}


def read_metadata_boxes(stream):
    """Read the metadata from a file that consists of boxes.

    Args:
        stream: File opened in binary mode. Its position is preserved.

    Returns:
        Dict from `xmp`, `exif` and `iptc` to bytes; empty if the file does not consist of boxes.
    """
    start, found = stream.tell(), {}
    stream.seek(0)
    for name, content in _boxes(stream):
        if name == _COMPRESSED and content[:4] in _KEYS:
            name, content = content[:4], _decompressed(content[4:])
        if name == _UUID:
            name, content = content[:16], content[16:]
        key = _KEYS.get(name)
        if key == "exif":
            block = _EXIF_BLOCK.search(content)
            content = content[block.start() :] if block else content
        # JPEG 2000 files may contain XML other than XMP.
        if key is not None and (key not in found or b"<rdf:RDF" in content):
            found[key] = content
    stream.seek(start)
    return found


def _boxes(stream):
    """Yield the name and the content of each box that may contain metadata."""
    while len(head := stream.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        length -= 8
        if length == 1 - 8:
            length = int.from_bytes(stream.read(8)) - 16
        if name in (*_KEYS, _UUID, _COMPRESSED) and length <= _MAX_LENGTH:
            # The last box may have the length 0.
            yield name, stream.read(length if length >= 0 else _MAX_LENGTH)
        elif length >= 0:
            stream.seek(length, 1)
        else:
            return


def _decompressed(content):
    """Return the decompressed content of a box, or the same content if it is damaged."""
    import imagecodecs

    try:
        return bytes(imagecodecs.brotli_decode(content, out=_MAX_LENGTH))
    except imagecodecs.BrotliError:
        return content
