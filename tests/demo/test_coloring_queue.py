"""Tests for the queue of slow jobs."""

import asyncio
import threading

import pytest

pytest.importorskip("starlette", reason="Starlette is not installed: pip install -e '.[demo]'")

from colorkeras.demo import coloring_queue
from colorkeras.demo.coloring_queue import FILE, ColoringQueue
from colorkeras.demo.visitor_messages import PageError

TICKET = "0123456789"


class Scenario:
    """Queue whose first job runs until `finish` is called, and the order of finished jobs."""

    def __init__(self):
        self.queue, self.order, self._may_end = ColoringQueue(), [], threading.Event()

    async def begin(self):
        started = threading.Event()

        def work():
            started.set()
            assert self._may_end.wait(10)
            self.order.append("first")

        running = asyncio.create_task(self.queue.run(work, self.queue.ticket("the-first")))
        await asyncio.to_thread(started.wait, 10)
        return running

    async def add(self, name, **settings):
        ticket = self.queue.ticket(f"ticket-{name}")
        work = lambda: self.order.append(name) or name  # noqa: E731
        task = asyncio.create_task(self.queue.run(work, ticket, **settings))
        await asyncio.sleep(0)
        return task

    def finish(self):
        self._may_end.set()


def test_work_runs_one_at_a_time_previews_first():
    async def scenario():
        setting = Scenario()
        tasks = [await setting.begin()]
        tasks.append(await setting.add("file", priority=FILE))
        tasks.append(await setting.add("second"))
        tasks.append(await setting.add("third"))
        states = [setting.queue.state(f"ticket-{name}") for name in ("second", "third", "file")]
        assert [state["ahead"] for state in states] == [1, 2, 3]
        assert {state["state"] for state in states} == {"waiting"}
        assert setting.queue.state("the-first")["state"] == "working"
        assert setting.queue.state("unknown")["state"] == "unknown"
        setting.finish()
        assert (await asyncio.gather(*tasks))[1:] == ["file", "second", "third"]
        assert setting.order == ["first", "second", "third", "file"]
        assert setting.queue.state("ticket-file")["ahead"] == 0

    asyncio.run(scenario())


def test_later_work_replaces_waiting_work_with_the_same_key():
    async def scenario():
        setting = Scenario()
        first = await setting.begin()
        old = await setting.add("old", key="key")
        other = await setting.add("other", key="other key")
        new = await setting.add("new", key="key")
        setting.finish()
        with pytest.raises(PageError) as error:
            await old
        assert error.value.status == 409 and error.value.flags == {"superseded": True}
        await asyncio.gather(first, other, new)
        assert setting.order == ["first", "other", "new"]

    asyncio.run(scenario())


def test_errors_and_cancellation_do_not_block_the_queue():
    async def scenario():
        setting = Scenario()
        first = await setting.begin()
        canceled, kept = await setting.add("canceled"), await setting.add("kept")
        canceled.cancel()
        # The thread keeps running, so the next job must wait.
        first.cancel()
        await asyncio.sleep(0.05)
        assert not kept.done()
        setting.finish()
        await kept
        assert setting.order == ["first", "kept"]
        with pytest.raises(ZeroDivisionError):
            await setting.queue.run(lambda: 1 / 0, setting.queue.ticket(None))
        assert await setting.add("last") is not None
        await asyncio.sleep(0.05)
        assert setting.order[-1] == "last"

    asyncio.run(scenario())


def test_replaced_work_that_is_canceled_does_not_end_other_work():
    async def scenario():
        setting = Scenario()
        first = await setting.begin()
        old = await setting.add("old", key="key")
        new = await setting.add("new", key="key")
        # It has been replaced, but its task has not run since.
        old.cancel()
        with pytest.raises(asyncio.CancelledError):
            await old
        assert setting.queue.state("ticket-new") == {
            "state": "waiting",
            "ahead": 1,
            "done": 0,
            "total": 1,
        }
        setting.finish()
        await asyncio.gather(first, new)
        assert setting.order == ["first", "new"]

    asyncio.run(scenario())


def test_work_canceled_just_before_its_turn_is_passed_over(monkeypatch):
    async def scenario():
        loop = asyncio.get_running_loop()
        may_end = loop.create_future()

        async def to_thread(work):
            await may_end
            return work()

        monkeypatch.setattr("asyncio.to_thread", to_thread)
        setting = Scenario()
        first = await setting.add("first")
        canceled, kept = await setting.add("canceled"), await setting.add("kept")
        may_end.set_result(None)
        # The event loop runs this after the first work, but before the queue starts the next one.
        loop.call_soon(canceled.cancel)
        await asyncio.wait_for(asyncio.gather(first, kept), 10)
        assert setting.order == ["first", "kept"] and canceled.cancelled()

    asyncio.run(scenario())


def test_work_replaces_canceled_work_with_the_same_key():
    async def scenario():
        setting = Scenario()
        first = await setting.begin()
        old = await setting.add("old", key="key")
        old.cancel()
        setting.finish()
        work = lambda: setting.order.append("new")  # noqa: E731
        await setting.queue.run(work, setting.queue.ticket(None), key="key")
        await first
        assert setting.order == ["first", "new"] and old.cancelled()

    asyncio.run(scenario())


def test_full_queue_rejects_work(monkeypatch):
    monkeypatch.setattr(coloring_queue, "MAX_WAITING", 1)

    async def scenario():
        setting = Scenario()
        first, second = await setting.begin(), await setting.add("second")
        with pytest.raises(PageError, match="Too many") as error:
            await (await setting.add("third"))
        assert error.value.status == 503 and error.value.flags == {"busy": True}
        setting.finish()
        await asyncio.gather(first, second)

    asyncio.run(scenario())


def test_old_tickets_are_forgotten(monkeypatch):
    monkeypatch.setattr(coloring_queue, "MAX_TICKETS", 2)
    queue = ColoringQueue()
    for name in ("first", "second", "third"):
        queue.ticket(name)
    assert [queue.state(name)["state"] for name in ("first", "third")] == ["unknown", "waiting"]
