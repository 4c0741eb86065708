"""Find the directories of a TIFF file that contain its pages.

Other directories contain previews, pyramid levels or masks. The full-size image may be in a child
directory (SubIFD) of a preview.
"""

_REDUCED, _MASK, _DEPTH_MAP = 1, 4, 8
"""Bits in the NewSubfileType tag."""

_TRANSPARENCY_MASK = 4
"""Photometric interpretation of a mask."""

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
    # All directories are marked as previews.
    return [max(enumerate(chain), key=lambda item: _area(item[1]))]


def _is_full_size(directory):
    old_type = directory.tags.get(_OLD_SUBFILE_TYPE)
    is_other = (
        (old_type is not None and old_type.value == _OLD_REDUCED)
        or directory.subfiletype & (_REDUCED | _MASK | _DEPTH_MAP)
        or int(directory.photometric) == _TRANSPARENCY_MASK
    )
    return not is_other and _area(directory) > 0


def _area(directory):
    return directory.imagewidth * directory.imagelength
