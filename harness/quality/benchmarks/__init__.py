"""Programs that ``harness bench`` starts in processes of their own; each prints one JSON object."""
