"""Read-only support for GIF files, since 256 colors are too few for colorized images."""

from colorkeras.image_io.formats.format import Format, read_only_page

_END_MARKER = b";"


def page(path, image, number, notes):
    """Decode the first frame. See `Format`."""
    decoded = read_only_page(path, image, number, notes)
    if not path.read_bytes().rstrip(b"\0").endswith(_END_MARKER):
        notes.append("the file's end marker is missing, but the pixel data is complete")
    return decoded


GIF = Format((".gif",), page, result_suffix=".png")
