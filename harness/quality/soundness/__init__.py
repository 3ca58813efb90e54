"""Wrong adapters under the names of the frameworks, all of which the shipped cases must find out.

Each imitates one framework in NumPy, by the oracle, and has one fault; without a fault it must pass. Nothing here knows
the hypotheses of the diagnosis, and no framework is needed.
"""
