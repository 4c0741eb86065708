"""What waits in line for the processors, and what does not."""

COLORING = {"concurrency_id": "coloring", "concurrency_limit": 1}
"""Settings of events that take long: one at a time, and visitors see their place."""

SHOWING = {"concurrency_limit": 4}
"""Of those that answer in a moment, as sliders do."""

ANSWERING = {"concurrency_id": "answering", "concurrency_limit": 1}
"""Of those whose order matters."""

PRIVATE = {"api_visibility": "private"}
"""Of those that are no part of the interface for programs."""
