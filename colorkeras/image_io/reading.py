"""Opening image files, and explaining why one cannot be read."""

import contextlib
import functools
import math
import re
import stat
import threading
import warnings
from pathlib import Path

from PIL import Image

from colorkeras.image_io.formats import FORMATS
from colorkeras.image_io.image import Contents
from colorkeras.utils.errors import UserError, one_line
from colorkeras.utils.files import quoted

MAX_MEGAPIXELS = 150.0
"""Millions of pixels of the largest picture that is opened unless another limit is asked for: a
small file may claim to hold more than fits into memory."""

# JPEG files that hold several pictures have a name of their own.
_SAME = {"MPO": "JPEG"}

_PREFIX_LENGTH = 16
"""Bytes by which Pillow tells formats from each other."""

_HEIF_BRANDS = re.compile(rb"....ftyp(hei|hev|mif1|msf1)", re.DOTALL)


class _PixelLimit:
    """Pillow's limit of pixels, one of the whole process, raised as long as files are open here.

    It is asked while some formats are decoded. Threads of programs that use this package, and open
    other files meanwhile, keep a limit: the largest that there is a wish for.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._wishes = []
        self._before = None

    @contextlib.contextmanager
    def raised_to(self, num_pixels):
        """Lets Pillow decode up to a number of pixels in the block."""
        with self._lock:
            if not self._wishes:
                self._before = Image.MAX_IMAGE_PIXELS
            self._wishes.append(num_pixels)
            self._apply()
        try:
            yield
        finally:
            with self._lock:
                self._wishes.remove(num_pixels)
                self._apply()

    def _apply(self):
        if self._before is not None:
            Image.MAX_IMAGE_PIXELS = max([self._before, *self._wishes])


_limit = _PixelLimit()


@contextlib.contextmanager
def open_image(path, max_megapixels=MAX_MEGAPIXELS):
    """Opens a picture; its pixels are decoded when pages are asked for.

    Args:
        path: A file of one of `FORMATS`, by its content, whatever its name.
        max_megapixels: Millions of pixels that a page may have.

    Yields:
        `Contents`.

    Raises:
        UserError: It cannot be read; also later, while pages are read.
    """
    path = Path(path)
    with contextlib.ExitStack() as stack:
        # What goes wrong with results, while the block runs, is no problem of this file.
        with _explain_errors(path):
            image = stack.enter_context(_open_pillow_image(path, max_megapixels))
            _check_size(path, image, max_megapixels)
            name = _SAME.get(image.format, image.format)
            kind, notes = FORMATS[name], []
            metadata = kind.metadata(path, image, notes)
            num_images = getattr(image, "n_frames", 1)
            num_pages = num_images if kind.has_pages else 1
            num_pixels = image.width * image.height
            for number in range(1, num_pages):
                image.seek(number)
                _check_size(path, image, max_megapixels)
                num_pixels = max(num_pixels, image.width * image.height)
            if num_images > num_pages:
                notes.append(f"only the first of {num_images} pictures in the file was colored")

        def page(number):
            with _explain_errors(path):
                picture = kind.page(path, image, number, notes)
                if number == num_pages - 1:
                    # What Pillow decoded takes memory as long as the image is open.
                    image.close()
                return picture

        pages = map(page, range(num_pages))
        yield Contents(name, pages, num_pages, num_pixels, metadata, notes)


@contextlib.contextmanager
def _open_pillow_image(path, max_megapixels):
    """Opens a file; no pixels are decoded yet.

    Args:
        path: `Path`.
        max_megapixels: See `_check_size`, which is to be asked before pixels are decoded.

    Yields:
        `PIL.Image.Image`.

    Raises:
        UserError: It is no file of one of these formats; Pillow's exceptions if it is damaged.
    """
    _silence_pillow()
    _check_file(path)
    with contextlib.ExitStack() as stack:
        stack.enter_context(_limit.raised_to(math.ceil(max_megapixels * 1e6)))
        # Pillow leaves some streams open that it was given, and closes others.
        stream = stack.enter_context(path.open("rb"))
        yield stack.enter_context(contextlib.closing(_image_of(path, stream)))


def _check_size(path, image, max_megapixels):
    """Raises UserError if an image has more millions of pixels than are to be decoded."""
    width, height = image.size
    if width * height > max_megapixels * 1e6:
        raise UserError(
            f"{quoted(path)} of {width}x{height} pixels, {width * height / 1e6:.6g} megapixels",
            f"at most {max_megapixels:g} megapixels",
            "If the file is to be trusted, pass a higher --max-megapixels.",
        )


@contextlib.contextmanager
def _explain_errors(path):
    """Turns what goes wrong with a file in the block into a `UserError`."""
    try:
        yield
    except (UserError, MemoryError):
        raise
    except FileNotFoundError as error:
        what = "a symbolic link to nothing" if path.is_symlink() else "which does not exist"
        raise UserError(
            f"{quoted(path)}, {what}", "the path of a picture", "Check the spelling."
        ) from error
    except PermissionError as error:
        raise UserError(
            f"{quoted(path)}, which may not be read",
            "a picture that you have the permission to read",
            "Change the permissions of the file or of its folder.",
        ) from error
    except Image.DecompressionBombError as error:
        raise UserError(
            f"{quoted(path)}, which is too large ({one_line(error)})",
            "a picture of fewer pixels",
            "If the file is to be trusted, pass a higher --max-megapixels.",
        ) from error
    except Exception as error:  # Pillow's plugins raise whatever their parsers stumble over.
        raise UserError(
            f"{quoted(path)}, which cannot be read ({one_line(error)})",
            "a whole picture of at least 1x1 pixels",
            "Open it with another program and save it anew.",
        ) from error


def _check_file(path):
    state = path.stat()
    if stat.S_ISDIR(state.st_mode):
        problem = "a folder"
    elif not stat.S_ISREG(state.st_mode):
        problem = "which is no regular file"
    elif state.st_size == 0:
        problem = "an empty file"
    else:
        return
    raise UserError(f"{quoted(path)}, {problem}", "a picture file", "Name another.")


def _image_of(path, stream):
    # Not by `Image.open`, which warns of large pictures before their size can be asked for, and
    # tries formats that are best not tried, such as PostScript.
    prefix = stream.read(_PREFIX_LENGTH)
    error = None
    for name, kind in FORMATS.items():
        opener, accepts = _readers().get(name, (None, None))
        if opener is None or accepts(prefix) is not True:
            continue
        stream.seek(0)
        try:
            return (kind.opener or opener)(stream)
        except (SyntaxError, IndexError, TypeError, ValueError) as problem:
            # HEIC and AVIF files begin alike, so another may still be right.
            error = problem
    if error is not None:
        raise error
    lacking = "HEIC" if _HEIF_BRANDS.match(prefix) else "AVIF" if b"ftypavi" in prefix else None
    if lacking:
        raise UserError(
            f"{quoted(path)}, a file of format {lacking}, which the installed Pillow does not read",
            "a picture that it reads",
            "Run pip install 'colorkeras[heif]', or save the picture as JPEG.",
        )
    raise UserError(
        f"{quoted(path)}, whose content is no picture of a known format",
        "one of " + ", ".join(FORMATS),
        "Open it with the program that wrote it and save it in one of these.",
    )


@functools.cache
def _readers():
    """Pillow's readers: functions that open a stream, and that know files by how they begin."""
    Image.init()
    with contextlib.suppress(ImportError):
        import pillow_heif

        pillow_heif.register_heif_opener()
    return Image.OPEN


def _silence_pillow():
    """Ignores what Pillow warns of and gets over, such as damaged tags.

    For the whole process, because `catch_warnings` is not safe in threads; but only what it warns
    of in general, not of what is deprecated, nor of pictures that are too large.
    """
    wanted = ("ignore", None, UserWarning, re.compile(r"PIL\."), 0)
    if warnings.filters[:1] != [wanted]:
        warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
