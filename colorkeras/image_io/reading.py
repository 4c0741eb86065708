"""Open image files, and explain why one cannot be read."""

import contextlib
import ctypes
import functools
import logging
import re
import stat
import warnings
from pathlib import Path

from PIL import Image

from colorkeras.image_io.bit_depth import as_uint8
from colorkeras.image_io.formats import FORMATS
from colorkeras.image_io.formats.raw import is_raw, raw_file_error
from colorkeras.image_io.image import Contents
from colorkeras.image_io.pixels import is_plain_rgb, on_white
from colorkeras.utils.errors import UserError, one_line
from colorkeras.utils.files import quoted

MAX_MEGAPIXELS = 150.0
"""Default limit of the image size in millions of pixels: a small file may declare an image that
does not fit into memory."""

_PREFIX_LENGTH = 16
"""Number of bytes by which formats are recognized."""

_HEIF_BRANDS = re.compile(rb"....ftyp(hei|hev|mif1|msf1)", re.DOTALL)
_JPEG_XL = (b"\xff\x0a", b"\0\0\0\x0cJXL ")


@contextlib.contextmanager
def open_image(path, max_megapixels=MAX_MEGAPIXELS):
    """Open an image file; pages are decoded when the iterator reaches them.

    Args:
        path: File in one of `FORMATS`. Its content decides, not its name.
        max_megapixels: Maximum size of a page in millions of pixels.

    Yields:
        `Contents`.

    Raises:
        UserError: The file cannot be read; also raised later, while pages are decoded.
    """
    path = Path(path)
    with contextlib.ExitStack() as exit_stack:
        # Errors raised in the caller's block are not problems of this file.
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
                notes.append(f"only the first of {num_images} images in the file was colored")

        def page(number):
            with _explain_errors(path, f"page {number + 1} of {num_pages}: " * (num_pages > 1)):
                decoded = file_format.page(path, image, number, notes)
                if number == num_pages - 1:
                    # Free what Pillow decoded while the caller still works on the last page.
                    image.close()
                return decoded

        num_pixels = max(width * height for width, height in sizes)
        pages = map(page, range(num_pages))
        yield Contents(image.format, pages, num_pages, num_pixels, metadata, notes)


def read_rgb(path, min_side=None, max_megapixels=MAX_MEGAPIXELS):
    """Decode the first page of a file as `open_image` does, on white and without metadata.

    Args:
        path: File in one of `FORMATS`.
        min_side: JPEG files may be decoded at 1/2, 1/4 or 1/8 of their size, which is faster, as
            long as both sides keep this many pixels. None decodes the full size.
        max_megapixels: Maximum size of the page in millions of pixels.

    Returns:
        `PIL.Image.Image` of mode "RGB" in sRGB, upright.

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
            # The common case needs no array; damaged files take the other path.
            with contextlib.suppress(OSError):
                return image.copy()
        decoded = on_white(file_format.page(path, image, 0, []))
        return Image.fromarray(as_uint8(decoded.pixels)).convert("RGB")


def use_own_limits():
    """Replace Pillow's process-wide size limit and warnings by this package's checks and notes.

    For applications: a library should leave process-wide settings alone.
    """
    Image.MAX_IMAGE_PIXELS = None
    warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
    logging.getLogger("PIL").addHandler(logging.NullHandler())
    with contextlib.suppress(AttributeError, OSError):
        # Pillow's libtiff writes to stderr what Pillow raises anyway.
        ctypes.CDLL(Image.core.__file__).TIFFSetErrorHandler(None)


@contextlib.contextmanager
def _open_pillow_image(path, max_megapixels):
    """Open a file as `PIL.Image.Image` without decoding pixels."""
    _check_file(path)
    with contextlib.ExitStack() as exit_stack:
        # Pillow closes some of the streams it is given and leaves others open.
        stream = exit_stack.enter_context(path.open("rb"))
        image = exit_stack.enter_context(
            contextlib.closing(_pillow_image(path, stream, max_megapixels))
        )
        _check_size(path, image.size, max_megapixels)
        yield image


def _check_size(path, size, max_megapixels):
    width, height = size
    if min(size) < 1:
        raise ValueError(f"{width}x{height} pixels")
    if width * height > max_megapixels * 1e6:
        raise UserError(
            f"{quoted(path)} of {width}x{height} pixels, {width * height / 1e6:.6g} megapixels",
            f"at most {max_megapixels:g} megapixels",
            "If you trust the file, pass a higher --max-megapixels.",
        )


@contextlib.contextmanager
def _explain_errors(path, place=""):
    """Turn any problem with a file in the block into a `UserError`."""
    try:
        yield
    except (UserError, MemoryError):
        raise
    except FileNotFoundError as error:
        what = "a broken symbolic link" if path.is_symlink() else "which does not exist"
        raise UserError(
            f"{quoted(path)}, {what}", "the path of an image", "Check the spelling."
        ) from error
    except PermissionError as error:
        raise UserError(
            f"{quoted(path)}, which you have no permission to read",
            "a readable image",
            "Change the permissions of the file or of its folder.",
        ) from error
    except Image.DecompressionBombError as error:
        raise UserError(
            f"{quoted(path)}, which is too large ({one_line(error)})",
            "an image with fewer pixels",
            "If you trust the file, pass a higher --max-megapixels.",
        ) from error
    except Exception as error:  # Pillow's plugins raise whatever their parsers run into.
        raise UserError(
            f"{quoted(path)}, which cannot be read ({place}{one_line(error)})",
            "a complete image of at least 1x1 pixels",
            "Open it with another program and save it again.",
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
    raise UserError(f"{quoted(path)}, {problem}", "an image file", "Name another file.")


def _pillow_image(path, stream, max_megapixels):
    # `Image.open` would try formats that are better not tried, such as PostScript.
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
            # HEIC and AVIF files begin alike, so another reader may still succeed.
            error = problem
    if error is not None:
        raise error
    missing = _missing_reader(prefix)
    if missing:
        name, extra = missing
        raise UserError(
            f"{quoted(path)}, a file of format {name}, which needs an optional package",
            "an image that the installed packages read",
            f"Run pip install 'colorkeras[{extra}]', or save the image as JPEG.",
        )
    raise UserError(
        f"{quoted(path)}, whose content is not in a known image format",
        "one of " + ", ".join(FORMATS),
        "Open it with the program that wrote it and save it in one of these formats.",
    )


def _missing_reader(prefix):
    """Return the format of a file that needs another package, and the extra that installs it."""
    if prefix.startswith(_JPEG_XL):
        return "JPEG XL", "codecs"
    if _HEIF_BRANDS.match(prefix):
        return "HEIC", "heif"
    return ("AVIF", "heif") if b"ftypavi" in prefix else None


@functools.cache
def _pillow_readers():
    """Return functions that open a stream, and that recognize a prefix, by format."""
    Image.init()
    with contextlib.suppress(ImportError):
        import pillow_heif

        pillow_heif.register_heif_opener()
    with contextlib.suppress(ImportError):
        import pillow_jxl  # noqa: F401  Registers itself.
    return Image.OPEN
