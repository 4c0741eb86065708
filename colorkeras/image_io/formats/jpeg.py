"""JPEG files."""

from PIL import Image

from colorkeras.image_io.color_profiles import srgb_profile
from colorkeras.image_io.formats.format import Format
from colorkeras.image_io.metadata import packet_of
from colorkeras.image_io.metadata.exif import block_of
from colorkeras.image_io.metadata.iptc import MAX_SEGMENT, segments_of

QUALITY = 95
"""Of files that are written; chroma has full resolution in them."""

_XMP_HEADER = 29


def write(path, pictures, options):
    """Writes the first picture. See `Format`."""
    picture, metadata = next(pictures), options.metadata
    said = {
        "exif": block_of(options, picture, MAX_SEGMENT),
        "xmp": packet_of(options, MAX_SEGMENT - _XMP_HEADER),
        "dpi": metadata.dpi,
        "icc_profile": srgb_profile() if metadata.has_profile else None,
        "extra": segments_of(metadata.iptc) if metadata.iptc else None,
        "comment": _comment_of(options),
    }
    said = {name: value for name, value in said.items() if value is not None}
    image = Image.fromarray(picture.pixels)
    image.save(path, "JPEG", quality=options.quality, subsampling="4:4:4", **said)


def _comment_of(options):
    texts = dict(options.metadata.comments)
    comment = texts.pop("Comment", "").encode()
    if len(comment) > MAX_SEGMENT:
        options.notes.append("the comment was left out, as such files hold less")
        comment = None
    if texts:
        options.notes.append("comments with keywords are not kept in such files")
    return comment or None


JPEG = Format((".jpg", ".jpeg", ".jpe", ".jfif"), write=write, max_side=65500)
