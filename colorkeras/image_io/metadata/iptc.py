"""IPTC-IIM within the resources that Photoshop keeps in files.

Reference: Adobe, "Photoshop File Formats Specification", section "Image Resources".
"""

import struct

_SIGNATURE = b"Photoshop 3.0\0"
"""With which a JPEG file's segment of resources begins."""

MAX_SEGMENT = 65533
"""Bytes of content that a segment of a JPEG file may have."""

_RECORDS = 1028
_THUMBNAILS = {1033, 1036}

# Profile, EXIF and XMP, each of which files have in a place of its own.
_ELSEWHERE = {1039, 1058, 1059, 1060}


def resources_of(image):
    """The resources of an opened file.

    Args:
        image: `PIL.Image.Image`.

    Returns:
        Bytes, or None; and whether there was a preview among them, which is left out.
    """
    tags = getattr(image, "tag_v2", {})
    # A JPEG file continues in another segment what is too long for one.
    segments = [
        content.removeprefix(_SIGNATURE)
        for name, content in getattr(image, "applist", [])
        if name == "APP13" and content.startswith(_SIGNATURE)
    ]
    content = b"".join(segments) or _bytes_of(tags, 34377)
    records = _bytes_of(tags, 33723)
    kept, numbers = [], set()
    for number, resource in _split(content):
        numbers.add(number)
        if number not in _THUMBNAILS | _ELSEWHERE:
            kept.append(resource)
    if records and _RECORDS not in numbers:
        kept.append(_resource(_RECORDS, records))
    return b"".join(kept) or None, bool(numbers & _THUMBNAILS)


def records_of(resources):
    """The IPTC-IIM records in resources, as bytes, or None.

    >>> records_of(_resource(_RECORDS, b"abc"))
    b'abc'
    """
    for number, resource in _split(resources):
        if number == _RECORDS:
            start, length = _extent(resource, 0)
            return resource[start : start + length]
    return None


def without_records(resources):
    """The other resources, for files that have the records in a place of their own.

    >>> without_records(_resource(_RECORDS, b"abc"))
    b''
    """
    return b"".join(resource for number, resource in _split(resources) if number != _RECORDS)


def segments_of(resources):
    """Resources as segments of a JPEG file, each with its marker."""
    step = MAX_SEGMENT - len(_SIGNATURE)
    parts = [resources[start : start + step] for start in range(0, len(resources), step)]
    return b"".join(
        struct.pack(">HH", 0xFFED, len(_SIGNATURE) + len(part) + 2) + _SIGNATURE + part
        for part in parts
    )


def _bytes_of(tags, number):
    value = tags.get(number)
    return value if isinstance(value, bytes) else b""


def _resource(number, content):
    header = b"8BIM" + struct.pack(">HHI", number, 0, len(content))
    return header + content + b"\0" * (len(content) % 2)


def _extent(content, start):
    """Where the content of the resource at `start` begins, and how long it is."""
    name_length = content[start + 6]
    after_name = start + 6 + (name_length + 2) // 2 * 2
    (length,) = struct.unpack_from(">I", content, after_name)
    return after_name + 4, length


def _split(content):
    """Yields number and bytes of each resource, up to the first that is damaged."""
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
