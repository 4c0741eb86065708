"""Read image files, and explain to users why a file cannot be read."""

import contextlib
import ctypes
import errno
import functools
import logging
import os
import stat
import warnings
from pathlib import Path

from PIL import Image, PngImagePlugin

from colorkeras.image_io.bit_depth import as_uint8
from colorkeras.image_io.formats import FORMATS
from colorkeras.image_io.formats.heif import heif_format
from colorkeras.image_io.formats.raw import is_raw, is_raw_suffix, raw_file_error
from colorkeras.image_io.image import Contents
from colorkeras.image_io.pixels import is_plain_rgb, on_white
from colorkeras.utils.errors import UserError, one_line
from colorkeras.utils.files import quoted

MAX_MEGAPIXELS = 150.0
"""Default limit on the image size in megapixels. It is necessary because even a small file can
declare an image that does not fit in memory."""

_MAX_TEXT = 2**26
"""Maximum length of a compressed text in PNG files, in bytes. Long XMP exceeds Pillow's limit."""

_PREFIX_LENGTH = 16
"""Number of leading bytes used to identify formats."""

_MISSING = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG)
"""Error numbers for paths at which there is no file."""

_JPEG_XL = (b"\xff\x0a", b"\0\0\0\x0cJXL ")


@contextlib.contextmanager
def open_image(path, max_megapixels=MAX_MEGAPIXELS):
    """Open an image file and decode its pages on demand.

    Args:
        path: File in one of `FORMATS`. The format is detected from the content, not the name.
        max_megapixels: Maximum size of a page in megapixels.

    Yields:
        `Contents`.

    Raises:
        UserError: The file cannot be read; may also be raised while pages are decoded.
    """
    path = Path(path)
    with contextlib.ExitStack() as exit_stack:
        # Errors raised in the caller's block are unrelated to this file, so do not explain them.
        with _explain_errors(path):
            image = exit_stack.enter_context(_open_pillow_image(path, max_megapixels))
            file_format, notes = FORMATS[image.format], []
            metadata = file_format.metadata(path, image, notes)
            sizes = file_format.page_sizes(path, image)
            for size in sizes:
                _check_size(path, size, max_megapixels)
            num_pages = len(sizes)
            num_images = num_pages if file_format.has_pages else getattr(image, "n_frames", 1)
            if num_images > num_pages:
                notes.append(f"only the first of {num_images} images in the file was colorized")

        def page(number):
            with _explain_errors(path, f"page {number + 1} of {num_pages}: " * (num_pages > 1)):
                decoded = file_format.page(path, image, number, notes)
                if number == num_pages - 1:
                    # Free Pillow's copy while the caller processes the last page.
                    image.close()
                return decoded

        num_pixels = max(width * height for width, height in sizes)
        pages = map(page, range(num_pages))
        yield Contents(image.format, pages, num_pages, num_pixels, metadata, notes)


def read_rgb(path, min_side=None, max_megapixels=MAX_MEGAPIXELS):
    """Decode the first page of a file as RGB on a white background, without metadata.

    Args:
        path: File in one of `FORMATS`.
        min_side: Minimum side length in pixels. For speed, JPEG files may be decoded at 1/2, 1/4 or
            1/8 of their size if both sides stay at least this long. None decodes at full size.
        max_megapixels: Maximum size of the page in megapixels.

    Returns:
        Upright sRGB `PIL.Image.Image` with mode "RGB".

    Raises:
        UserError: The file cannot be read.
    """
    path = Path(path)
    with _explain_errors(path), _open_pillow_image(path, max_megapixels) as image:
        file_format = FORMATS[image.format]
        _check_size(path, file_format.page_sizes(path, image)[0], max_megapixels)
        if min_side is not None:
            image.draft(None, (min_side, min_side))
        if image.format == "JPEG" and is_plain_rgb(image):
            # Fast path for the most common case; damaged files take the general path.
            with contextlib.suppress(OSError):
                return image.copy()
        decoded = on_white(file_format.page(path, image, 0, []))
        return Image.fromarray(as_uint8(decoded.pixels)).convert("RGB")


def use_own_limits():
    """Disable Pillow's process-wide size limit and warnings in favor of this package's checks.

    For applications only: a library should not change process-wide settings.
    """
    Image.MAX_IMAGE_PIXELS = None
    PngImagePlugin.MAX_TEXT_CHUNK = max(PngImagePlugin.MAX_TEXT_CHUNK, _MAX_TEXT)
    warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
    logging.getLogger("PIL").addHandler(logging.NullHandler())
    with contextlib.suppress(AttributeError, OSError):
        # libtiff prints errors that Pillow also raises as exceptions.
        ctypes.CDLL(Image.core.__file__).TIFFSetErrorHandler(None)


def is_missing(error):
    """Return whether an exception means that there is no file at a path.

    >>> is_missing(NotADirectoryError(errno.ENOTDIR, "Not a directory"))
    True
    """
    return isinstance(error, OSError) and error.errno in _MISSING


def missing_file_error(path, error, expected="the path to an image"):
    """Return the `UserError` for an exception for which `is_missing` is True."""
    what = "which does not exist"
    if os.path.islink(path):  # noqa: PTH114 - pathlib raises for names that are too long.
        what = "a broken symbolic link"
    elif error.errno != errno.ENOENT:
        what += f" ({error.strerror})"
    return UserError(f"{quoted(path)}, {what}", expected, "Check the spelling.")


@contextlib.contextmanager
def _open_pillow_image(path, max_megapixels):
    """Open a file as `PIL.Image.Image` without decoding pixels."""
    _check_file(path)
    with contextlib.ExitStack() as exit_stack:
        # Pillow does not always close streams passed to it.
        stream = exit_stack.enter_context(path.open("rb"))
        image = exit_stack.enter_context(
            contextlib.closing(_pillow_image(path, stream, max_megapixels))
        )
        _check_size(path, image.size, max_megapixels)
        yield image


def _check_size(path, size, max_megapixels):
    width, height = size
    if min(size) < 1:
        raise ValueError(f"invalid size of {width}x{height} pixels")
    if width * height > max_megapixels * 1e6:
        raise UserError(
            f"{quoted(path)}, which is {width}x{height} pixels "
            f"({width * height / 1e6:.6g} megapixels)",
            f"at most {max_megapixels:g} megapixels",
            "If you trust the file, pass a higher --max-megapixels.",
        )


@contextlib.contextmanager
def _explain_errors(path, place=""):
    """Convert any exception raised in the block while reading a file to a `UserError`."""
    try:
        yield
    except (UserError, MemoryError):
        raise
    except PermissionError as error:
        raise UserError(
            f"{quoted(path)}, which you do not have permission to read",
            "a readable image",
            "Change the permissions on the file or its folder.",
        ) from error
    except Image.DecompressionBombError as error:
        raise UserError(
            f"{quoted(path)}, which is too large ({one_line(error)})",
            "an image with fewer pixels",
            "If you trust the file, pass a higher --max-megapixels.",
        ) from error
    except Exception as error:  # Pillow's plugins may raise anything.
        if is_missing(error):
            raise missing_file_error(path, error) from error
        is_incomplete = "truncated" in str(error)
        reason = "the end of the file is missing" if is_incomplete else one_line(error)
        raise UserError(
            f"{quoted(path)}, which cannot be read ({place}{reason})",
            "a complete image",
            "Copy or scan the image again."
            if is_incomplete
            else "Open it with another program and save it again.",
        ) from error


def _check_file(path):
    state = path.stat()
    if stat.S_ISDIR(state.st_mode):
        problem = "a folder"
    elif not stat.S_ISREG(state.st_mode):
        problem = "which is not a regular file"
    elif state.st_size == 0:
        problem = "an empty file"
    else:
        return
    raise UserError(f"{quoted(path)}, {problem}", "an image file", "Choose another file.")


def _pillow_image(path, stream, max_megapixels):
    # `Image.open` would also try unsafe formats such as PostScript.
    prefix = stream.read(_PREFIX_LENGTH)
    if is_raw(path, prefix):
        raise raw_file_error(path)
    error = None
    for name, file_format in FORMATS.items():
        opener, accepts = _pillow_readers().get(name, (None, None))
        if opener is None or (accepts is not None and accepts(prefix) is not True):
            continue
        if file_format.header_size is not None:
            _check_size(path, file_format.header_size(stream), max_megapixels)
        stream.seek(0)
        try:
            return (file_format.opener or opener)(stream)
        except (SyntaxError, IndexError, TypeError, ValueError) as problem:
            # HEIC and AVIF files start with the same bytes, so a different reader may succeed.
            error = problem
    if error is not None:
        raise error
    missing = _missing_reader(prefix)
    if missing:
        name, extra = missing
        raise UserError(
            f"{quoted(path)} in {name} format, which requires an optional package",
            "an image in a format that the installed packages can read",
            f"Run pip install 'colorkeras[{extra}]' or save the image as JPEG.",
        )
    if is_raw_suffix(path):
        raise raw_file_error(path)
    raise UserError(
        f"{quoted(path)}, which is not in a supported image format",
        "one of " + ", ".join(FORMATS),
        "Open the file in the program that created it and save it in one of these formats.",
    )


def _missing_reader(prefix):
    """Return `(format, extra)` if reading a file requires an optional package, otherwise None."""
    if prefix.startswith(_JPEG_XL):
        return "JPEG XL", "codecs"
    name = heif_format(prefix)
    return name and (name, "heif")


@functools.cache
def _pillow_readers():
    """Return a dict from format to (function to open a stream, function to check a prefix)."""
    Image.init()
    with contextlib.suppress(ImportError):
        import pillow_heif

        pillow_heif.register_heif_opener()
    with contextlib.suppress(ImportError):
        import pillow_jxl  # noqa: F401  Registers its plugin.
    return Image.OPEN
