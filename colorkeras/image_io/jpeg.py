"""JPEG files."""

from PIL import Image

from colorkeras.image_io.exif import block_of
from colorkeras.image_io.format import Format
from colorkeras.image_io.iptc import MAX_SEGMENT, segments_of
from colorkeras.image_io.metadata import packet_of
from colorkeras.image_io.profiles import srgb_profile

QUALITY = 95
"""Of files that are written; chroma has full resolution in them."""

_XMP_HEADER = 29


def write(path, pictures, saving):
    """Writes the first picture. See `Format`."""
    picture, metadata = next(pictures), saving.metadata
    said = {
        "exif": block_of(saving, picture, MAX_SEGMENT),
        "xmp": packet_of(saving, MAX_SEGMENT - _XMP_HEADER),
        "dpi": metadata.dpi,
        "icc_profile": srgb_profile() if metadata.has_profile else None,
        "extra": segments_of(metadata.iptc) if metadata.iptc else None,
        "comment": _comment_of(saving),
    }
    said = {name: value for name, value in said.items() if value is not None}
    image = Image.fromarray(picture.pixels)
    image.save(path, "JPEG", quality=saving.quality, subsampling="4:4:4", **said)


def _comment_of(saving):
    texts = dict(saving.metadata.comments)
    comment = texts.pop("Comment", "").encode()
    if len(comment) > MAX_SEGMENT:
        saving.notes.append("the comment was left out, as such files hold less")
        comment = None
    if texts:
        saving.notes.append("comments with keywords are not kept in such files")
    return comment or None


JPEG = Format((".jpg", ".jpeg", ".jpe", ".jfif"), write=write, max_side=65500)
