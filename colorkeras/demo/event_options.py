"""Options of Gradio events: queues, concurrency limits, visibility in the API."""

COLORING = {"concurrency_id": "coloring", "concurrency_limit": 1}
"""Slow events: one at a time; waiting visitors see their position in the queue."""

SHOWING = {"concurrency_limit": 4}
"""Fast events, such as moving a slider."""

ANSWERING = {"concurrency_id": "answering", "concurrency_limit": 1}
"""Events that must be processed in order."""

PRIVATE = {"api_visibility": "private"}
"""Events that the API does not offer."""
