"""Work in threads whose results come in the order of what was asked for."""

import itertools
from collections import deque
from concurrent.futures import ThreadPoolExecutor


def ordered_map(function, items, num_workers):
    """Works on items in threads, on few at a time, so that memory does not grow with their number.

    Args:
        function: Of an item.
        items: Iterable, which is read no further than needed.
        num_workers: How many items are in the works at once, at least 1.

    Yields:
        What the function returned of each item, in their order.
    """
    waiting, items = deque(), iter(items)
    with ThreadPoolExecutor(num_workers) as pool:
        try:
            # Twice as many as are in the works: beside a slow item others go on for a while.
            for item in itertools.islice(items, 2 * num_workers):
                waiting.append(pool.submit(function, item))
            while waiting:
                result = waiting.popleft().result()
                for item in itertools.islice(items, 1):
                    waiting.append(pool.submit(function, item))
                yield result
        finally:
            for future in waiting:
                future.cancel()
