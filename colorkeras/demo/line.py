"""What waits in line for the processors, and what does not."""

COLORING = {"concurrency_id": "coloring", "concurrency_limit": 1}
"""Settings of events that run a network: one at a time, and visitors see their place."""

SHOWING = {"concurrency_limit": 4}
"""Of those that only show what is there in another way."""

PRIVATE = {"api_visibility": "private"}
"""Of those that are no part of the interface for programs."""
