"""Find the pages among the directories of a TIFF file.

Previews, pyramid levels and masks are directories too. The full-size image may be a child (SubIFD)
of a preview.
"""

_REDUCED, _MASK = 1, 4
"""Bits of the tag NewSubfileType."""

_OLD_SUBFILE_TYPE, _OLD_REDUCED = 255, 2
_DNG_VERSION = 50706
_COLOR_FILTER_ARRAY, _LINEAR_RAW = 32803, 34892


class RawFileError(Exception):
    """A raw file of a camera."""


def find_pages(file):
    """Return the pages of a file.

    Args:
        file: `tifffile.TiffFile`.

    Returns:
        List of pairs: index in the chain of main directories, or None for a child; and
        `tifffile.TiffPage`.

    Raises:
        RawFileError: The file is a camera's raw file.
    """
    chain = list(file.pages)
    if _DNG_VERSION in chain[0].tags:
        raise RawFileError
    pages = []
    for index, directory in enumerate(chain):
        children = [child for child in directory.pages or () if _is_full_size(child)]
        family = [directory, *children]
        if any(int(each.photometric) in (_COLOR_FILTER_ARRAY, _LINEAR_RAW) for each in family):
            raise RawFileError
        largest = max(children, key=_area, default=directory)
        if _is_full_size(directory) and _area(directory) >= _area(largest):
            pages.append((index, directory))
        elif largest is not directory:
            pages.append((None, largest))
    if pages:
        return pages
    # Every directory claims to be a preview.
    return [max(enumerate(chain), key=lambda item: _area(item[1]))]


def _is_full_size(directory):
    old_type = directory.tags.get(_OLD_SUBFILE_TYPE)
    is_reduced = old_type is not None and old_type.value == _OLD_REDUCED
    return not (is_reduced or directory.subfiletype & (_REDUCED | _MASK)) and _area(directory) > 0


def _area(directory):
    return directory.imagewidth * directory.imagelength
