"""Image gradients for structure losses and metrics."""


def neighbor_differences(images):
    """Subtract each pixel from its neighbors below and to the right.

    Maps `[batch, height, width, channels]` to `(vertical, horizontal)` with shapes
    `[batch, height - 1, width, channels]` and `[batch, height, width - 1, channels]`.

    >>> import numpy as np
    >>> vertical, horizontal = neighbor_differences(np.array([[1, 2], [4, 8]]).reshape(1, 2, 2, 1))
    >>> vertical.ravel().tolist(), horizontal.ravel().tolist()
    ([3, 6], [1, 4])
    """
    return images[:, 1:] - images[:, :-1], images[:, :, 1:] - images[:, :, :-1]
