"""IPTC-IIM metadata in Photoshop image resources.

Reference: Adobe, "Photoshop File Formats Specification", section "Image Resources".
"""

import struct

RESOURCES_HEADER = b"Photoshop 3.0\0"
"""Start of a JPEG segment with resources."""

MAX_SEGMENT = 65533
"""Maximum content length of a JPEG segment, in bytes."""

_RECORDS = 1028
_THUMBNAILS = {1033, 1036}

# Halftones, transfer functions, duotones, palettes, channels, layers and their states.
_STALE = {
    *(1006, 1007, *range(1012, 1020), 1024, 1026, 1045, 1046, 1047, 1053, 1066, 1067, 1069, 1072),
    1077,
}

_POSITIONS = {1025, 1032, 1050, 1080, *range(2000, 3000)}
_POSITIONS_NAME = "guides, slices, paths and counts"

# Color profile, EXIF and XMP, which are stored elsewhere in a file.
_ELSEWHERE = {1039, 1058, 1059, 1060}


def resources_of(image, is_turned=False):
    """Read the resources from an opened file.

    Args:
        image: `PIL.Image.Image`.
        is_turned: Whether the pixels will be rotated or flipped.

    Returns:
        `(resources, lost, has_thumbnail)`: the resources as bytes, or None; a list of noun phrases
        naming the data that was left out; and whether the resources contained a preview.
    """
    tags = getattr(image, "tag_v2", {})
    # In JPEG files, long content is split into several segments.
    segments = [
        content.removeprefix(RESOURCES_HEADER)
        for name, content in getattr(image, "applist", [])
        if name == "APP13" and content.startswith(RESOURCES_HEADER)
    ]
    content = b"".join(segments) or _bytes_of(tags, 34377)
    records = image.info.get("iptc") or _bytes_of(tags, 33723)
    kept, lost, numbers, end = [], [], set(), 0
    for number, resource in _split(content):
        numbers.add(number)
        end += len(resource)
        if number in _STALE:
            lost.append("Photoshop's description of the input file")
        elif is_turned and number in _POSITIONS:
            lost.append(_POSITIONS_NAME)
        elif number not in _THUMBNAILS | _ELSEWHERE:
            kept.append(resource)
    if content[end:].strip(b"\0"):
        lost.append("damaged Photoshop resources")
    if records and _RECORDS not in numbers:
        kept.append(_resource(_RECORDS, records))
    return b"".join(kept) or None, list(dict.fromkeys(lost)), bool(numbers & _THUMBNAILS)


def without_positions(resources):
    """Return the resources without pixel positions (or None) and the names of the removed data.

    >>> without_positions(_resource(2000, b"outline"))
    (None, ['guides, slices, paths and counts'])
    """
    kept = [resource for number, resource in _split(resources) if number not in _POSITIONS]
    content = b"".join(kept)
    return content or None, [_POSITIONS_NAME] * (len(content) < len(resources))


def records_of(resources):
    """Return the IPTC-IIM records in Photoshop resources as bytes, or None.

    >>> records_of(_resource(_RECORDS, b"abc"))
    b'abc'
    """
    for number, resource in _split(resources):
        if number == _RECORDS:
            start, length = _extent(resource, 0)
            return resource[start : start + length]
    return None


def without_records(resources):
    """Return the resources without the IPTC-IIM records, for formats that store them separately.

    >>> without_records(_resource(_RECORDS, b"abc"))
    b''
    """
    return b"".join(resource for number, resource in _split(resources) if number != _RECORDS)


def segments_of(resources):
    """Split resources into JPEG segments, including their markers."""
    step = MAX_SEGMENT - len(RESOURCES_HEADER)
    parts = [resources[start : start + step] for start in range(0, len(resources), step)]
    return b"".join(
        struct.pack(">HH", 0xFFED, len(RESOURCES_HEADER) + len(part) + 2) + RESOURCES_HEADER + part
        for part in parts
    )


def _bytes_of(tags, number):
    value = tags.get(number)
    return value if isinstance(value, bytes) else b""


def _resource(number, content):
    header = b"8BIM" + struct.pack(">HHI", number, 0, len(content))
    return header + content + b"\0" * (len(content) % 2)


def _extent(content, start):
    """Return the content's offset and length for the resource at offset `start`."""
    name_length = content[start + 6]
    after_name = start + 6 + (name_length + 2) // 2 * 2
    (length,) = struct.unpack_from(">I", content, after_name)
    return after_name + 4, length


def _split(content):
    """Yield the ID and data of each resource before the first damaged one."""
    start = 0
    while content[start : start + 4] == b"8BIM":
        try:
            (number,) = struct.unpack_from(">H", content, start + 4)
            inner, length = _extent(content, start)
        except (IndexError, struct.error):
            return
        if inner + length > len(content):
            return
        stop = inner + length + length % 2
        yield number, content[start:stop]
        start = stop
