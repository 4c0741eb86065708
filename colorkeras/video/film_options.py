"""Film-specific settings."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class FilmOptions:
    """Film-specific settings, in addition to `ColorizeOptions`.

    Attributes:
        start: Start of the output in seconds from the start of the film.
        duration: Duration of the output in seconds, or None to continue to the end of the film.
        is_preview: Whether to write a contact sheet with one frame per scene instead of a film.
        num_workers: Number of scenes to colorize in parallel.
        progress: Called with the stage name, the number of finished frames, and the total number of
            frames, which is None if unknown.
        stopped: `threading.Event` that stops the run when it is set.
    """

    start: float = 0.0
    duration: float | None = None
    is_preview: bool = False
    num_workers: int = 1
    progress: Callable = lambda stage, finished, total: None
    stopped: threading.Event = field(default_factory=threading.Event)

    def stage(self, name):
        """Return a function that reports the numbers of finished and total frames in a stage.

        The function raises KeyboardInterrupt if `stopped` is set.
        """

        def report(finished, total):
            if self.stopped.is_set():
                raise KeyboardInterrupt
            self.progress(name, finished, total)

        return report
