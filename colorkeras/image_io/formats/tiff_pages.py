"""Find the directories of a TIFF file that contain its pages.

Other directories contain previews, pyramid levels or masks. The full-size image may be in a child
directory (SubIFD) of a preview.
"""

import struct

_REDUCED, _MASK, _DEPTH_MAP = 1, 4, 8
"""Bits in the NewSubfileType tag."""

_NOT_COLORS = (4, 51177, 52527)
"""Photometric interpretations of transparency masks, depth maps and semantic masks."""

_OLD_SUBFILE_TYPE, _OLD_REDUCED = 255, 2
_DNG_VERSION = 50706
_COLOR_FILTER_ARRAY, _LINEAR_RAW = 32803, 34892


class RawFileError(Exception):
    """Raised if a TIFF file is a camera raw file."""


def find_pages(file):
    """Return the pages of a TIFF file.

    Args:
        file: `tifffile.TiffFile`.

    Returns:
        List of `(index, page)` with a `tifffile.TiffPage`. The index is the page's position in the
        chain of main directories, or None for a child directory.

    Raises:
        RawFileError: The file is a camera raw file.
    """
    chain = list(file.pages)
    if any(_DNG_VERSION in directory.tags for directory in chain):
        raise RawFileError
    pages = []
    for index, directory in enumerate(chain):
        family = [directory, *(directory.pages or ())]
        if any(int(each.photometric) in (_COLOR_FILTER_ARRAY, _LINEAR_RAW) for each in family):
            raise RawFileError
        children = [child for child in family[1:] if _is_full_size(child)]
        largest = max(children, key=_area, default=directory)
        if _is_full_size(directory) and _area(directory) >= _area(largest):
            pages.append((index, directory))
        elif largest is not directory:
            pages.append((None, largest))
    if pages:
        return pages
    # All directories are marked as previews.
    return [max(enumerate(chain), key=lambda item: _area(item[1]))]


def lost_tags(directory):
    """Return the numbers of the tags in a directory whose values cannot be read.

    Args:
        directory: `tifffile.TiffPage`.
    """
    layout, stream = directory.parent.tiff, directory.parent.filehandle
    stream.seek(directory.offset)
    (count,) = struct.unpack(layout.tagnoformat, stream.read(layout.tagnosize))
    entries = stream.read(count * layout.tagsize)
    starts = range(0, len(entries), layout.tagsize)
    numbers = {struct.unpack_from(layout.byteorder + "H", entries, at)[0] for at in starts}
    return {number for number in numbers if number not in directory.tags}


def _is_full_size(directory):
    old_type = directory.tags.get(_OLD_SUBFILE_TYPE)
    is_other = (
        (old_type is not None and old_type.value == _OLD_REDUCED)
        or directory.subfiletype & (_REDUCED | _MASK | _DEPTH_MAP)
        or int(directory.photometric) in _NOT_COLORS
    )
    return not is_other and _area(directory) > 0


def _area(directory):
    return directory.imagewidth * directory.imagelength
