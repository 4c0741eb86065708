"""Differences of neighboring pixels, on which losses and metrics of structure rest."""


def neighbor_differences(images):
    """Each pixel's lower and right neighbor minus itself.

    Args:
        images: `[n, h, w, c]`.

    Returns:
        `(vertical, horizontal)`: `[n, h - 1, w, c]` and `[n, h, w - 1, c]`.

    >>> import numpy as np
    >>> vertical, horizontal = neighbor_differences(np.array([[1, 2], [4, 8]]).reshape(1, 2, 2, 1))
    >>> vertical.ravel().tolist(), horizontal.ravel().tolist()
    ([3, 6], [1, 4])
    """
    return images[:, 1:] - images[:, :-1], images[:, :, 1:] - images[:, :, :-1]
