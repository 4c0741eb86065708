"""Frame times, scenes and plane properties of a film."""

import json
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from colorkeras.video.discontinuities import Discontinuity
from colorkeras.video.luma_planes import PlaneLayout


@dataclass
class Timeline:
    """Frame times and scenes of a film or a part of it.

    Attributes:
        pts: Timestamp of each frame in units of `time_base`, int64 `[n]`, strictly ascending.
        last_duration: Duration of the last frame in units of `time_base`.
        time_base: Unit of timestamps in seconds, `Fraction`.
        origin: See `Film.origin`.
        cuts: Indices of the first frames of all scenes except the first scene.
        size: Width and height of upright frames in pixels.
        rotation: Counterclockwise rotation in degrees that makes decoded frames upright.
        layout: `PlaneLayout`.
        is_interlaced: Whether any frame is interlaced.
        is_seekable: Whether the file's own timestamps are complete, ascending and fixed; see
            `Film.has_fixed_times`.
        is_part: Whether frames at the start or end of the film were omitted.
        num_before: Number of frames decoded before the first one, or None if the scan did not start
            at the beginning of the file.
        tint: "gray", "toned" or "color".
        notes: Notes about damage.
        discontinuities: List of `Discontinuity`, for which `pts` is already corrected.
    """

    pts: np.ndarray
    last_duration: int
    time_base: Fraction
    origin: Fraction
    cuts: list
    size: tuple
    rotation: int
    layout: PlaneLayout
    is_interlaced: bool = False
    is_seekable: bool = True
    is_part: bool = False
    num_before: int | None = 0
    tint: str = "gray"
    notes: list = field(default_factory=list)
    discontinuities: list = field(default_factory=list)

    @property
    def scenes(self):
        """List of frame ranges `(first, stop)`, one per scene."""
        return list(zip([0, *self.cuts], [*self.cuts, len(self.pts)], strict=True))

    @property
    def durations(self):
        """Duration of each frame in units of `time_base`, int64 `[n]`."""
        return np.append(np.diff(self.pts), self.last_duration)

    @property
    def typical_step(self):
        """Median frame duration in units of `time_base`, at least 1."""
        return max(1, int(np.median(self.durations)))

    def seconds(self, number):
        """Return the time of a frame in seconds from the start of the film.

        If `number` equals the number of frames, return the end time of the last frame.
        """
        pts = self.pts[number] if number < len(self.pts) else self.pts[-1] + self.last_duration
        return float(int(pts) * self.time_base - self.origin)

    def to_arrays(self):
        """Convert the timeline to a dict of arrays; `from_arrays` restores it."""
        fractions = {"time_base": str(self.time_base), "origin": str(self.origin)}
        found = [(each.position, str(each.offset)) for each in self.discontinuities]
        fields = dict(vars(self), layout=vars(self.layout), discontinuities=found, **fractions)
        pts = fields.pop("pts")
        return {"pts": pts, "fields": np.array(json.dumps(fields))}

    @classmethod
    def from_arrays(cls, arrays):
        """Restore a timeline from the result of `to_arrays`."""
        fields = json.loads(str(arrays["fields"]))
        for name in ("time_base", "origin"):
            fields[name] = Fraction(fields[name])
        fields["layout"] = PlaneLayout(**fields["layout"])
        fields["size"] = tuple(fields["size"])
        fields["discontinuities"] = [
            Discontinuity(at, Fraction(offset)) for at, offset in fields["discontinuities"]
        ]
        return cls(arrays["pts"], **fields)
