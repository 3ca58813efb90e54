"""Test data that installed packages carry, stated as suites and judged; needs no data of the harness' own."""
