"""Tests for the ordered map."""

import threading
import time

import pytest

from colorkeras.utils.ordered_map import ordered_map


@pytest.mark.parametrize("num_workers", [1, 3])
def test_results_are_in_input_order(num_workers):
    def slow_when_even(number):
        time.sleep(0.002 * (number % 2 == 0))
        return 10 * number

    assert list(ordered_map(slow_when_even, range(20), num_workers)) == [10 * n for n in range(20)]


def test_items_are_read_lazily():
    read = []

    def items():
        for number in range(100):
            read.append(number)
            yield number

    results = ordered_map(lambda number: number, items(), num_workers=2)
    for taken in range(1, 11):
        next(results)
        assert len(read) <= taken + 4
    results.close()
    assert len(read) < 20


def test_concurrency_is_limited_to_num_workers():
    running, most = [], []
    lock = threading.Lock()

    def work(number):
        with lock:
            running.append(number)
            most.append(len(running))
        time.sleep(0.005)
        with lock:
            running.remove(number)

    list(ordered_map(work, range(12), num_workers=2))
    assert max(most) == 2


def test_an_error_is_raised():
    def fail(number):
        if number == 3:
            raise ValueError("three")
        return number

    results = ordered_map(fail, range(100), num_workers=2)
    with pytest.raises(ValueError, match="three"):
        list(results)
