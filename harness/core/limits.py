"""Limits of what a run may be given. Importing this needs nothing."""

from __future__ import annotations

LEAST_SECONDS, MOST_SECONDS = 0.1, 86_400.0
"""For a call; a wait of more than a day is beyond what threads and sockets accept."""
