"""Suites, known divergences and tutorials as they lie on disk: read, checked and selected."""
