"""Constants for ITU-R BT.601 luma and chroma."""

LUMA_WEIGHTS = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in luma (ITU-R BT.601-7, section 2.5.1)."""

# Cb and Cr are the color differences B - Y and R - Y, scaled to `[-0.5, 0.5]`.
RED_PER_CR = 2 * (1 - LUMA_WEIGHTS[0])
"""Ratio of the color difference R - Y to Cr."""

BLUE_PER_CB = 2 * (1 - LUMA_WEIGHTS[2])
"""Ratio of the color difference B - Y to Cb."""
