"""Counts with singular or plural nouns."""


def counted(number, noun):
    """Format a count with a noun whose plural ends in "s".

    >>> counted(1, "packet"), counted(2, "packet")
    ('1 packet', '2 packets')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
