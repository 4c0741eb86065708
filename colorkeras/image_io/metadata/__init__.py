"""What files say of their pictures: read it, mark it as colorized."""

import math

from colorkeras.image_io.image import Metadata
from colorkeras.image_io.metadata import exif, iptc, xmp

KINDS = ("EXIF", "XMP", "IPTC", "DPI", "comments")
"""What there is to say, by the names in messages."""

_MAX_DPI = 65535
_EXTENDED_XMP = b"http://ns.adobe.com/xmp/extension/\0"

# What Pillow or ImageMagick keep under these names stands in `Metadata` by itself.
_RAW_PROFILES = {f"Raw profile type {kind}" for kind in ("exif", "APP1", "xmp", "icc", "icm")}
_XMP_KEYWORD = "XML:com.adobe.xmp"


def read_metadata(image, notes):
    """What an opened file says.

    Args:
        image: `PIL.Image.Image`.
        notes: List that gets a sentence on what is lost.

    Returns:
        `Metadata`.
    """
    try:
        tags = exif.exif_of(image)
    except ValueError:
        notes.append("EXIF that is damaged was left out")
        tags = None
    packet, has_xmp_thumbnail = _xmp_of(image, notes)
    resources, has_iptc_thumbnail = iptc.resources_of(image)
    return Metadata(
        exif=tags,
        xmp=packet,
        iptc=resources,
        dpi=_dpi_of(image),
        comments=_comments_of(image),
        has_profile=bool(image.info.get("icc_profile")),
        has_thumbnail=exif.has_thumbnail(image) or has_xmp_thumbnail or has_iptc_thumbnail,
    )


def kinds_present(metadata):
    """Which of `KINDS` there are.

    >>> kinds_present(Metadata(dpi=(300.0, 300.0), comments={"Comment": "Grandma"}))
    ['DPI', 'comments']
    """
    present = (metadata.exif, metadata.xmp, metadata.iptc, metadata.dpi, metadata.comments or None)
    return [kind for kind, value in zip(KINDS, present, strict=True) if value is not None]


def mark(metadata, software):
    """Lets metadata say that a program colored the picture.

    Args:
        metadata: `Metadata`, which is changed.
        software: Program, version and model.

    Returns:
        Sentences on what was lost.

    Example:

    >>> metadata = Metadata(xmp=b"no XML")
    >>> mark(metadata, "colorkeras 1.0, model unet")
    ['XMP was replaced: it is no XML']
    """
    metadata.software = software
    try:
        xmp.check(metadata.xmp or xmp.EMPTY)
    except xmp.UnusableError as error:
        metadata.xmp = None
        return [f"XMP was replaced: {error}"]
    return []


def xmp_packet(options, max_length=None):
    """The XMP packet of a file.

    Args:
        options: `SaveOptions`.
        max_length: Bytes that it may have, or None.

    Returns:
        Bytes, or None.
    """
    packets = [options.metadata.xmp, None]
    if options.metadata.software is not None:
        packets = [xmp.marked(packet, options.metadata.software) for packet in packets]
    if packets[0] is None or max_length is None or len(packets[0]) <= max_length:
        return packets[0]
    options.notes.append("XMP was left out, as such files hold less")
    return packets[1]


def _xmp_of(image, notes):
    packet = image.info.get("xmp") or image.info.get(_XMP_KEYWORD)
    if any(content.startswith(_EXTENDED_XMP) for _, content in getattr(image, "applist", [])):
        notes.append("the extended part of XMP was left out")
    packet = packet.encode() if isinstance(packet, str) else packet
    if not packet:
        return None, False
    try:
        packet.decode("utf-8")
    except (AttributeError, UnicodeDecodeError):
        notes.append("XMP that is no UTF-8 was left out")
        return None, False
    return xmp.cleaned(packet)


def _dpi_of(image):
    dpi = image.info.get("dpi") or exif.resolution_of(image)
    try:
        dpi = tuple(map(float, dpi or ()))
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    # Files without a resolution say that it is 1, or 0.
    is_known = len(dpi) == 2 and all(math.isfinite(x) and 1 < x <= _MAX_DPI for x in dpi)
    if not is_known:
        return None
    # Pixels are turned upright, which may make columns of rows.
    return dpi[::-1] if exif.orientation_of(image) in exif.TURNED_ORIENTATIONS else dpi


def _comments_of(image):
    texts = dict(getattr(image, "text", {}))
    comment = image.info.get("comment")
    if comment:
        is_bytes = isinstance(comment, bytes)
        texts["Comment"] = comment.decode("utf-8", "replace") if is_bytes else str(comment)
    return {
        key: str(text)
        for key, text in texts.items()
        if key not in _RAW_PROFILES and key != _XMP_KEYWORD
    }
