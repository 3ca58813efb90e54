"""Conv transpose."""
