"""CIEDE2000 color difference.

Reference: Sharma, Wu, Dalal, "The CIEDE2000 color-difference formula: implementation notes,
supplementary test data, and mathematical observations", Color Research and Application 30, 2005.
Names and equation numbers follow the paper.
"""

import math

import tensorflow as tf


def ciede2000(lab1, lab2):
    """Compute the CIEDE2000 color difference with all weighting factors equal to 1.

    Maps two CIE L*a*b* tensors, float `[..., 3]`, to float `[...]`. A difference of about 1 is just
    noticeable.

    >>> red, gray = tf.constant([53.2, 80.1, 67.2]), tf.constant([50.0, 0.0, 0.0])
    >>> round(float(ciede2000(red, gray)), 1), float(ciede2000(red, red))
    (31.4, 0.0)
    """
    l1, a1, b1 = tf.unstack(lab1, axis=-1)
    l2, a2, b2 = tf.unstack(lab2, axis=-1)

    mean_c = (_hypot(a1, b1) + _hypot(a2, b2)) / 2
    g = 0.5 * (1 - tf.sqrt(_seventh_power_ratio(mean_c)))  # (4)
    a1, a2 = (1 + g) * a1, (1 + g) * a2  # (5)
    c1, c2 = _hypot(a1, b1), _hypot(a2, b2)  # (6)
    h1, h2 = _hue_degrees(a1, b1), _hue_degrees(a2, b2)  # (7)

    delta_l, delta_c = l2 - l1, c2 - c1  # (8), (9)
    gray = tf.equal(c1 * c2, 0)
    difference = h2 - h1
    delta_h = tf.where(difference > 180, difference - 360, difference)
    delta_h = tf.where(difference < -180, difference + 360, delta_h)
    delta_h = tf.where(gray, 0.0, delta_h)  # (10)
    delta_big_h = 2 * tf.sqrt(c1 * c2) * tf.sin(_radians(delta_h / 2))  # (11)

    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2  # (12), (13)
    total = h1 + h2
    far = tf.where(total < 360, total + 360, total - 360)
    mean_h = tf.where(tf.abs(difference) <= 180, total, far) / 2
    mean_h = tf.where(gray, total, mean_h)  # (14)

    t = (
        1
        - 0.17 * tf.cos(_radians(mean_h - 30))
        + 0.24 * tf.cos(_radians(2 * mean_h))
        + 0.32 * tf.cos(_radians(3 * mean_h + 6))
        - 0.20 * tf.cos(_radians(4 * mean_h - 63))
    )  # (15)
    delta_theta = 30 * tf.exp(-tf.square((mean_h - 275) / 25))  # (16)
    r_c = 2 * tf.sqrt(_seventh_power_ratio(mean_c))  # (17)
    squared_l = tf.square(mean_l - 50)
    s_l = 1 + 0.015 * squared_l / tf.sqrt(20 + squared_l)  # (18)
    s_c = 1 + 0.045 * mean_c  # (19)
    s_h = 1 + 0.015 * mean_c * t  # (20)
    r_t = -tf.sin(_radians(2 * delta_theta)) * r_c  # (21)

    l_term, c_term, h_term = delta_l / s_l, delta_c / s_c, delta_big_h / s_h
    squared = l_term**2 + c_term**2 + h_term**2 + r_t * c_term * h_term  # (22)
    # Rounding errors can make this negative for equal colors.
    return tf.sqrt(tf.maximum(squared, 0.0))


def _hypot(a, b):
    return tf.sqrt(a * a + b * b)


def _seventh_power_ratio(c):
    """Compute `c^7 / (c^7 + 25^7)` from equations (4) and (17) without overflow."""
    ratio = tf.pow(c / 25.0, 7)
    return ratio / (ratio + 1)


def _hue_degrees(a, b):
    return tf.math.floormod(tf.atan2(b, a) * (180 / math.pi), 360.0)


def _radians(degrees):
    return degrees * (math.pi / 180)
