"""TIFF files opened in both Pillow and tifffile."""

from PIL import ExifTags, TiffImagePlugin

_BIG_ENDIAN_BIGTIFF = b"MM\0+"
_WIDTH, _LENGTH, _COMPRESSION, _PHOTOMETRIC, _SUBSAMPLING = 256, 257, 259, 262, 530
PROFILE = 34675
"""Tag with the ICC profile."""

_MAX_OFFSET = 2**40
"""Offset that no file reaches, but to which every file system can seek."""

UNCOMPRESSED, LZW = 1, 5
"""Codes of compressions."""

YCBCR = 6
"""Photometric interpretation."""


class TiffImage(TiffImagePlugin.TiffImageFile):
    """Pillow image that also supports opening files with pages that Pillow cannot decode.

    Attributes:
        unknown: Pillow's exception for the current directory, or None if Pillow supports it.
        file: `tifffile.TiffFile`, or None until it is needed.
        pages: Pages returned by `find_pages`; set together with `file`.
    """

    unknown = file = pages = None

    def getexif(self):
        """Return the EXIF tags without offsets that Pillow could not seek to."""
        exif = super().getexif()
        for tag in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
            if isinstance(offset := exif.get(tag), int) and offset > _MAX_OFFSET:
                del exif[tag]
        return exif

    def close(self):
        """Close the file in Pillow and tifffile."""
        super().close()
        if self.file is not None:
            self.file.close()

    def _open(self):
        # Pillow reads the version from the wrong byte and therefore finds no tags.
        if self.fp.read(4) == _BIG_ENDIAN_BIGTIFF:
            raise ValueError("BigTIFF in big-endian byte order is not supported")
        self.fp.seek(0)
        super()._open()

    def _setup(self):
        self.unknown = None
        # Otherwise, Pillow would keep the profile and resolution of the previous page.
        self.info.pop("icc_profile", None)
        self.info.pop("dpi", None)
        is_ycbcr = self.tag_v2.get(_PHOTOMETRIC) == YCBCR and _SUBSAMPLING in self.tag_v2
        if is_ycbcr and self.tag_v2.get(_COMPRESSION, UNCOMPRESSED) == UNCOMPRESSED:
            # Pillow would ignore the subsampling of chroma in uncompressed YCbCr. For compressed
            # data, it uses libtiff, which reads the actual compression from the file.
            self.tag_v2[_COMPRESSION] = LZW
        try:
            super()._setup()
        except (SyntaxError, KeyError, IndexError) as error:
            self.unknown = error
            self._mode = "L"
            self._size = tuple(max(1, int(self.tag_v2.get(tag, 1))) for tag in (_WIDTH, _LENGTH))
            self.tile = []
            if PROFILE in self.tag_v2:
                self.info["icc_profile"] = self.tag_v2[PROFILE]
