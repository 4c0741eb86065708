"""Read image metadata, drop stale fields, and mark images as colorized."""

import math

from colorkeras.image_io.image import Metadata
from colorkeras.image_io.metadata import exif, iptc, xmp

KINDS = ("EXIF", "XMP", "IPTC", "DPI", "comments")
"""Types of metadata, as named in messages."""

_MAX_DPI = 65535
_EXIF_HEADERS = (b"Exif\0\0II*\0", b"Exif\0\0MM\0*")
XMP_HEADER = b"http://ns.adobe.com/xap/1.0/\0"
"""Start of the segment that contains the XMP in JPEG files."""

EXTENDED_XMP_HEADER = b"http://ns.adobe.com/xmp/extension/\0"

DAMAGED = b"\xff"
"""Content that is invalid in all kinds of metadata, so that the loss is reported."""

XMP_KEYWORD = "XML:com.adobe.xmp"
"""Keyword of the text that contains the XMP in PNG files."""


def read_metadata(image, notes):
    """Read the metadata from an opened file.

    Args:
        image: `PIL.Image.Image`.
        notes: List that receives notes on lost data.

    Returns:
        `Metadata`.
    """
    # The HEIC reader returns upright pixels.
    is_turned = {exif.orientation_of(image), image.info.get("original_orientation") or 1} != {1}
    try:
        tags, lost = exif.read_exif(image, is_turned)
    except ValueError:
        notes.append("damaged EXIF was left out")
        tags, lost = None, []
    packet, lost_properties, has_xmp_thumbnail = _xmp_of(image, is_turned, notes)
    resources, lost_resources, has_iptc_thumbnail = iptc.resources_of(image, is_turned)
    notes += _left_out([*lost, *lost_properties, *lost_resources])
    notes += _further_blocks(image)
    # Pillow interprets EXIF resolutions without a unit as pixels per inch.
    aspect = _aspect_of(image)
    return Metadata(
        exif=tags,
        xmp=packet,
        iptc=resources,
        dpi=None if aspect else _dpi_of(image),
        aspect=aspect,
        comments=_comments_of(image),
        has_profile=bool(image.info.get("icc_profile")),
        has_thumbnail=exif.has_thumbnail(image) or has_xmp_thumbnail or has_iptc_thumbnail,
    )


def drop_positions(metadata):
    """Drop pixel positions, which become invalid when an image is cropped or rotated.

    Args:
        metadata: `Metadata`; changed in place.

    Returns:
        List of notes on lost data.
    """
    lost = []
    if metadata.exif is not None:
        lost += exif.drop_positions(metadata.exif)
        metadata.exif = metadata.exif if len(metadata.exif) else None
    if metadata.xmp is not None:
        metadata.xmp, removed, _ = xmp.cleaned(metadata.xmp, is_turned=True)
        lost += removed
    if metadata.iptc is not None:
        metadata.iptc, removed = iptc.without_positions(metadata.iptc)
        lost += removed
    return _left_out(lost)


def kinds_present(metadata):
    """Return the members of `KINDS` that the metadata contains.

    >>> kinds_present(Metadata(dpi=(300.0, 300.0), comments={"Comment": "Grandma"}))
    ['DPI', 'comments']
    """
    present = (metadata.exif, metadata.xmp, metadata.iptc, metadata.dpi, metadata.comments or None)
    return [kind for kind, value in zip(KINDS, present, strict=True) if value is not None]


def mark(metadata, software):
    """Record in the metadata that a program colorized the image.

    Args:
        metadata: `Metadata`; changed in place.
        software: Program, version and model.

    Returns:
        List of notes on lost data.

    >>> metadata = Metadata(xmp=b"no XML")
    >>> mark(metadata, "colorkeras 1.0, model unet")
    ['XMP was replaced because it is not XML']
    """
    metadata.software = software
    try:
        xmp.check(metadata.xmp or xmp.EMPTY)
    except xmp.UnusableError as error:
        metadata.xmp = None
        return [f"XMP was replaced because {error}"]
    return []


def xmp_packet(options, max_length=None):
    """Return the XMP packet for a new file.

    Args:
        options: `SaveOptions`.
        max_length: Maximum number of bytes, or None.

    Returns:
        Packet as bytes, or None if there is nothing to write.
    """
    packets = [options.metadata.xmp, None]
    if options.metadata.software is not None:
        packets = [xmp.marked(packet, options.metadata.software) for packet in packets]
    if packets[0] is None or max_length is None or len(packets[0]) <= max_length:
        return packets[0]
    options.notes.append("XMP was left out because it is too large for the output format")
    return packets[1]


def _left_out(lost):
    """Convert noun phrases that name lost data to notes."""
    return [
        f"{what} {'were' if what.endswith('s') else 'was'} left out" for what in dict.fromkeys(lost)
    ]


def _further_blocks(image):
    """Return notes on EXIF and XMP that a JPEG file contains several times."""
    contents = [content for name, content in getattr(image, "applist", []) if name == "APP1"]
    # EXIF that spans several segments has only one header.
    starts = [content.startswith(_EXIF_HEADERS) for content in contents]
    packets = [content.startswith(XMP_HEADER) for content in contents]
    notes = ["only the first of several EXIF blocks was kept"] * (sum(starts) > 1)
    return notes + ["only the last of several XMP packets was kept"] * (sum(packets) > 1)


def _xmp_of(image, is_turned, notes):
    """Return the XMP packet, the names of removed data, and whether there was a preview."""
    packet = image.info.get("xmp")
    packet = packet.encode() if isinstance(packet, str) else packet
    lost = []
    if any(content.startswith(EXTENDED_XMP_HEADER) for _, content in getattr(image, "applist", [])):
        lost.append("extended XMP")
    if not packet:
        return None, lost, False
    try:
        packet.decode("utf-8")
    except (AttributeError, UnicodeDecodeError):
        notes.append("XMP was left out because it is not UTF-8")
        return None, lost, False
    packet, removed, has_thumbnail = xmp.cleaned(packet, is_turned)
    return packet, lost + removed, has_thumbnail


def _dpi_of(image):
    dpi = image.info.get("dpi") or exif.resolution_of(image)
    try:
        dpi = tuple(map(float, dpi or ()))
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    # Files without a resolution may store 1 or 0.
    is_known = len(dpi) == 2 and all(math.isfinite(x) and 1 < x <= _MAX_DPI for x in dpi)
    return _turned(image, dpi) if is_known else None


def _aspect_of(image):
    """Return the unitless horizontal and vertical resolution, or None."""
    aspect = image.info.get("aspect")
    if image.info.get("jfif_unit") == 0:
        aspect = image.info.get("jfif_density")
    aspect = aspect or exif.resolution_of(image, without_unit=True)
    try:
        aspect = tuple(map(round, aspect or ()))
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    is_known = len(aspect) == 2 and all(0 < x <= _MAX_DPI for x in aspect)
    return _turned(image, aspect) if is_known and aspect[0] != aspect[1] else None


def _turned(image, pair):
    """Swap the horizontal and vertical values if the orientation swaps rows and columns."""
    return pair[::-1] if exif.orientation_of(image) in exif.TURNED_ORIENTATIONS else pair


def _comments_of(image):
    """Return a dict from keyword to comment, with invalid UTF-8 bytes as surrogate escapes."""
    texts = dict(getattr(image, "text", {}))
    segments = [content for name, content in getattr(image, "applist", []) if name == "COM"]
    comment = b"\n".join(segments) or image.info.get("comment")
    if comment:
        is_bytes = isinstance(comment, bytes)
        texts["Comment"] = comment.decode("utf-8", "surrogateescape") if is_bytes else comment
    return texts
