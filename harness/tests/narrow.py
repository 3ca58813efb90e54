"""Operands in fewer significant bits, for tests: exact for integers of any length."""

import numpy as np


def in_bits(values, bits):
    """``values`` rounded to nearest, ties to even, to ``bits`` significant bits; a number, or a float64 array."""
    if isinstance(values, int):
        drop = max(abs(values).bit_length() - bits, 0)
        return _whole(values, drop) * 2**drop
    mantissa, exponent = np.frexp(values)
    return np.ldexp(np.rint(np.ldexp(mantissa, bits)), exponent - bits)


def _whole(value, drop):
    """``value / 2 ** drop``, ties to even, of integers that no float holds."""
    down, rest = divmod(value, 2**drop)
    half = 2**drop
    return down + (2 * rest > half or (2 * rest == half and down % 2 == 1))
