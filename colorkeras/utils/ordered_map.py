"""A multithreaded map that preserves order."""

import itertools
from collections import deque
from concurrent.futures import ThreadPoolExecutor


def ordered_map(function, items, num_workers, cancel=lambda: None):
    """Apply a function to items in several threads and yield the results in input order.

    Items are consumed lazily to bound memory. On exit, including after an exception, `cancel` is
    called to abort calls that are still running. Then `ordered_map` waits for them to return.
    """
    waiting, items = deque(), iter(items)
    with ThreadPoolExecutor(num_workers) as pool:
        try:
            # Two items per thread, so that one slow item does not leave the other threads idle.
            for item in itertools.islice(items, 2 * num_workers):
                waiting.append(pool.submit(function, item))
            while waiting:
                result = waiting.popleft().result()
                for item in itertools.islice(items, 1):
                    waiting.append(pool.submit(function, item))
                yield result
        finally:
            cancel()
            for future in waiting:
                future.cancel()
