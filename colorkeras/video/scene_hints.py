"""Assignment of color hints to the scenes of a film."""

import dataclasses

from colorkeras.utils.plurals import counted


class SceneHints:
    """Color hints for a film, grouped by scene.

    Each hint applies to the scene at its time. Hints without a time apply to the first scene.

    Args:
        hints: `HintList`.
        timeline: `Timeline`.

    Raises:
        UserError: A hint is outside the frame, or the hints were made for frames of another size.
    """

    def __init__(self, hints, timeline):
        width, height = timeline.size
        hints.check(height, width)
        self._timeline = timeline
        self._hints = tuple(self._resolved(hint) for hint in hints.hints)

    def _resolved(self, hint):
        """Return a copy of a hint in which a missing time or radius is replaced by the default."""
        width, height = self._timeline.size
        time = self._timeline.seconds(0) if hint.time is None else hint.time
        return dataclasses.replace(hint, time=time, radius=hint.radius_for(height, width))

    def of(self, scene):
        """Return a tuple of the `Hint`s for frames `scene[0]` to `scene[1] - 1`.

        Each hint has a time and a radius in pixels of the upright frames.
        """
        start, stop = (self._timeline.seconds(number) for number in scene)
        return tuple(hint for hint in self._hints if start <= hint.time < stop)

    def notes(self):
        """Yield a note if any hints are outside the time range of the output."""
        num_unused = len(self._hints) - len(self.of((0, len(self._timeline.pts))))
        if num_unused:
            yield f"ignored {counted(num_unused, 'hint')} outside the time range of the output"
