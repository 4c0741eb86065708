"""Correction of timestamps that restart within a film, as in concatenated transport streams."""

import bisect
from collections import deque
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

_NUM_STEPS = 100
"""Number of previous intervals between packets whose median is considered the typical interval."""

_MAX_STEPS_BACK = 2
"""Number of typical intervals by which a timestamp may decrease without indicating a restart."""

_MAX_REORDERED = 16
"""Maximum number of frames by which the decoding and display orders of a codec differ."""

_MAX_GAP = 10
"""Maximum gap between frames in seconds; after a longer gap, an arbitrary clock is assumed to have
skipped forward."""

_MAX_LATE = Fraction(1, 2)
"""Maximum overlap in seconds between the audio of two consecutive parts."""

_MAX_SHIFT = Fraction(1, 200)
"""Maximum number of seconds by which copied packets are shifted to keep timestamps ascending."""


@dataclass(frozen=True)
class Discontinuity:
    """Timestamp discontinuity in a film.

    Attributes:
        position: Position in the file, in bytes, of the first video packet after the discontinuity.
        offset: `Fraction`, seconds to add to all timestamps from this position on.
    """

    position: int
    offset: Fraction


class VideoClock:
    """Corrects the timestamps of a film's video packets after discontinuities.

    Attributes:
        discontinuities: List of `Discontinuity`.

    Args:
        film: `Film` whose packets are read from the beginning.
    """

    def __init__(self, film):
        self._base = film.time_base
        self._default_step = max(1, round(1 / (film.rate * film.time_base)))
        self._max_gap = _MAX_GAP / self._base if film.has_arbitrary_clock else float("inf")
        self._last, self._last_shown = None, float("-inf")
        self._offset, self._position = 0, 0
        self._steps, self.discontinuities = deque(maxlen=_NUM_STEPS), []

    def correct(self, packet):
        """Correct the timestamps of the next packet."""
        if packet.pos is not None:
            self._position = packet.pos
        if packet.dts is not None:
            self._follow(packet)
            packet.dts += self._offset
            self._last = packet.dts
        if packet.pts is not None:
            packet.pts += self._offset
            self._last_shown = max(self._last_shown, packet.pts)

    def _follow(self, packet):
        if self._last is None:
            return
        step, interval = self._typical_step(), packet.dts + self._offset - self._last
        if not -_MAX_STEPS_BACK * step <= interval <= self._max_gap:
            shift = step - interval
            if packet.pts is not None:
                # Some files lack the decoding times of their first packets.
                to_next = self._last_shown + step - packet.pts - self._offset
                shift = min(max(shift, to_next), shift + _MAX_REORDERED * step)
            self._offset += round(shift)
            self.discontinuities.append(Discontinuity(self._position, self._offset * self._base))
        elif interval > 0:
            self._steps.append(interval)

    def _typical_step(self):
        return max(1, int(np.median(self._steps))) if self._steps else self._default_step


class CopiedClock:
    """Corrects the timestamps of copied packets, such as audio, to match the video.

    Attributes:
        num_dropped: Number of packets rejected because they overlap earlier packets in time.

    Args:
        discontinuities: Iterable of `Discontinuity`.
    """

    def __init__(self, discontinuities):
        self._discontinuities = [Discontinuity(-1, Fraction(0)), *discontinuities]
        self._positions = [each.position for each in self._discontinuities]
        self._last, self._numbers, self.num_dropped = {}, {}, 0

    def correct(self, packet):
        """Correct the timestamps of the next packet and return whether it is usable.

        The corrected decoding timestamps are strictly ascending within each stream.
        """
        if packet.dts is None:
            packet.dts = packet.pts
        if packet.dts is None or not packet.size:
            return True
        index, base = packet.stream_index, packet.time_base
        last = self._last.get(index)
        number = self._number(packet, None if last is None else last * base)
        self._numbers[index] = number
        shift = round(self._discontinuities[number].offset / base)
        if last is not None and packet.dts + shift <= last:
            if (last - packet.dts - shift) * base > _MAX_SHIFT:
                self.num_dropped += 1
                return False
            shift = last + 1 - packet.dts
        packet.dts += shift
        if packet.pts is not None:
            packet.pts += shift
        self._last[index] = packet.dts
        return True

    def _number(self, packet, last):
        """Return the index of the last discontinuity before a packet.

        Audio is continuous, but it is stored slightly before or after the video of the same time.
        """
        former = self._numbers.get(packet.stream_index, 0)
        number = former
        if packet.pos is not None:
            number = max(former, bisect.bisect_right(self._positions, packet.pos) - 1)
        if last is None or packet.stream.type != "audio":
            return number
        time = packet.dts * packet.time_base
        late = {n: time + each.offset - last for n, each in enumerate(self._discontinuities)}
        candidates = range(former, min(number + 2, len(self._discontinuities)))
        possible = [n for n in candidates if late[n] >= -_MAX_LATE]
        return min(possible, key=lambda n: abs(late[n]), default=number)


def has_discontinuities(film, progress):
    """Read a film without decoding it, and return whether its timestamps have discontinuities.

    Args:
        film: `Film`.
        progress: Called without arguments after each packet.
    """
    clock = VideoClock(film)
    for packet in film.container.demux(film.stream):
        clock.correct(packet)
        progress()
        if clock.discontinuities:
            return True
    return False
