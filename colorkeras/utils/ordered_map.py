"""Map over threads with results in input order."""

import itertools
from collections import deque
from concurrent.futures import ThreadPoolExecutor


def ordered_map(function, items, num_workers):
    """Call a function on items in threads, with bounded memory.

    Args:
        function: Function of one item.
        items: Iterable; read only as far as needed.
        num_workers: Number of threads, at least 1.

    Yields:
        The function's results, in the order of the items.
    """
    waiting, items = deque(), iter(items)
    with ThreadPoolExecutor(num_workers) as pool:
        try:
            # Two per thread, so that one slow item does not leave the other threads idle.
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
