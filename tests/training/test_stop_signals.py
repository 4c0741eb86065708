"""Tests for signals that stop a run after the current step."""

import signal
import threading

import pytest

from colorkeras.training.stop_signals import SIGNALS, signals_ignored, stop_requests


def handlers():
    return [signal.getsignal(number) for number in SIGNALS]


@pytest.mark.parametrize("number", SIGNALS)
def test_first_signal_is_recorded_and_the_second_acts(number, monkeypatch):
    def interrupt(number, frame):
        raise KeyboardInterrupt(number)

    before = signal.signal(number, interrupt)
    try:
        with stop_requests() as stop:
            assert stop.number is None
            signal.raise_signal(number)
            assert stop.number == number
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(number)
            with pytest.raises(KeyboardInterrupt) as interrupted:
                stop.obey()
            assert interrupted.value.args == (number,)
    finally:
        signal.signal(number, before)


def test_handlers_are_restored():
    before = handlers()
    with stop_requests():
        assert handlers() != before
    assert handlers() == before
    with signals_ignored():
        for number in SIGNALS:
            signal.raise_signal(number)
    assert handlers() == before


def test_other_threads_record_no_signals():
    recorded = []

    def work():
        with stop_requests() as stop, signals_ignored():
            recorded.append(stop.number)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert recorded == [None]
