"""Queues for slow tasks, which run one at a time because the network uses all CPU cores."""

import asyncio
import contextlib
import itertools
import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from colorkeras.demo.visitor_messages import PageError

MAX_WAITING = 200
"""Maximum number of waiting requests; further requests are rejected."""

MAX_TICKETS = 1000
"""Maximum number of tickets to keep."""

PREVIEW, FILE = 0, 1
"""Priorities; previews run before files because visitors are actively waiting for previews."""

WAITING, WORKING, UNKNOWN = "waiting", "working", "unknown"
"""Ticket states."""


@dataclass(eq=False)
class Ticket:
    """Progress of a request that the visitor's browser can poll.

    Attributes:
        state: `WAITING` or `WORKING`.
        done: Number of finished pages or files.
        total: Number of pages or files.
    """

    state: str = WAITING
    done: int = 0
    total: int = 1


@dataclass(eq=False)
class _Waiting:
    order: tuple
    key: object
    ticket: Ticket
    turn: asyncio.Future = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class ColoringQueue:
    """Runs functions in threads, one at a time, ordered by priority and arrival.

    Call its methods from an event loop.

    Attributes:
        idle: `threading.Event` that is set while no work runs or waits.
    """

    def __init__(self):
        self.idle = threading.Event()
        self.idle.set()
        self._waiting, self._numbers, self._is_busy = [], itertools.count(), False
        self._tickets = OrderedDict()

    def ticket(self, name):
        """Create the `Ticket` for a request; if `name` is not None, `state` can look it up."""
        ticket = Ticket()
        if name is not None:
            self._tickets[name] = ticket
            while len(self._tickets) > MAX_TICKETS:
                self._tickets.popitem(last=False)
        return ticket

    def state(self, name):
        """Return the state of the named ticket as a JSON-serializable dict."""
        ticket = self._tickets.get(name)
        if ticket is None:
            return {"state": UNKNOWN, "ahead": 0, "done": 0, "total": 0}
        order = [each.ticket for each in sorted(self._waiting, key=lambda each: each.order)]
        ahead = order.index(ticket) + self._is_busy if ticket in order else 0
        return {
            "state": ticket.state,
            "ahead": ahead,
            "done": ticket.done,
            "total": ticket.total,
        }

    async def run(self, work, ticket, priority=PREVIEW, key=None):
        """Run a function when its turn comes and return its result.

        Args:
            work: Function without arguments.
            ticket: `Ticket` of the request.
            priority: `PREVIEW` or `FILE`.
            key: If not None, any waiting work with the same key is dropped.

        Raises:
            PageError: The queue is full, or newer work with the same key replaced this work.
        """
        if key is not None:
            self._drop(key)
        await self._wait(priority, key, ticket)
        ticket.state = WORKING
        # Even if this request is canceled, the next one must wait until the thread has finished.
        running = asyncio.ensure_future(asyncio.to_thread(work))
        running.add_done_callback(self._end)
        return await asyncio.shield(running)

    async def _wait(self, priority, key, ticket):
        if len(self._waiting) >= MAX_WAITING:
            raise PageError(
                "Too many visitors are waiting at the moment. Please try again in a minute.",
                503,
                busy=True,
            )
        entry = _Waiting((priority, next(self._numbers)), key, ticket)
        self._waiting.append(entry)
        self._start_next()
        try:
            await entry.turn
        except asyncio.CancelledError:
            if entry in self._waiting:
                self._waiting.remove(entry)
            elif not entry.turn.cancelled() and entry.turn.exception() is None:
                self._end()
            raise

    def _forget_canceled(self):
        """Remove entries of canceled requests whose own cleanup has not run yet."""
        self._waiting = [entry for entry in self._waiting if not entry.turn.done()]

    def _drop(self, key):
        self._forget_canceled()
        for entry in [entry for entry in self._waiting if entry.key == key]:
            self._waiting.remove(entry)
            entry.turn.set_exception(
                PageError("This change was replaced by a newer one.", 409, superseded=True)
            )

    def _start_next(self):
        self._forget_canceled()
        if self._waiting and not self._is_busy:
            entry = min(self._waiting, key=lambda each: each.order)
            self._waiting.remove(entry)
            self._is_busy = True
            self.idle.clear()
            entry.turn.set_result(None)

    def _end(self, running=None):
        if running is not None:
            with contextlib.suppress(asyncio.CancelledError):
                running.exception()  # Marks the exception as retrieved if nobody awaits it.
        self._is_busy = False
        self._start_next()
        if not self._is_busy:
            self.idle.set()
