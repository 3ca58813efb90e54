"""Reports of a run: ``conformance.{json,md,html}``, ``published.md`` and badges.

Apart from them stand ``measurements.json``, which varies with the processor, and ``timings.json``.
"""
