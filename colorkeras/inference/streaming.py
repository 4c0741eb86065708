"""Downscaling of images for networks, and transfer of the colors to full resolution."""

from colorkeras.color.guided_upsampling_numpy import downscale_luma as _downscale_luma
from colorkeras.color.guided_upsampling_numpy import scaled_size, upsample_color
from colorkeras.utils.errors import UserError

__all__ = ["MAX_SIDE", "downscale_luma", "upsample_color"]

MAX_SIDE = 2**18
"""Maximum width and height in pixels."""


def downscale_luma(pixels, render_size, image_size=None, max_scale=1.0):
    """Resize the luma of an image for the network.

    Args:
        pixels: NumPy array, uint8, uint16 or floating point in [0, 1], `[h, w]` or `[h, w, 3]`.
        render_size: Longer side of the small image in pixels.
        image_size: Fixed height and width of the network input in pixels, or None.
        max_scale: Maximum factor by which images smaller than `render_size` are enlarged.

    Returns:
        Luma, float32 `[1, small height, small width, 1]` in [0, 1].

    Raises:
        UserError: The image is too tall or too wide.
    """
    size = pixels.shape[:2]
    if max(size) > MAX_SIDE:
        raise UserError(
            f"an image of {size[1]}x{size[0]} pixels",
            f"at most {MAX_SIDE} pixels in width and height",
            "Split it into parts.",
        )
    if image_size is None:
        return _downscale_luma(pixels, scaled_size(size, render_size, max_scale))
    return _downscale_luma(pixels, (image_size, image_size))
