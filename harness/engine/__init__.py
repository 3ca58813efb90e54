"""Runs checks in worker processes, and puts their verdicts together."""
