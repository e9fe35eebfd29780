"""The contents of tables, from their parameters alone (docs/protocol/circuit.md, docs/semantics.md)."""

from decimal import ROUND_FLOOR, Decimal, localcontext
from functools import lru_cache
from typing import NamedTuple

from . import functions

UNSIGNED, SIGNED, PIECES, OVERFLOW = 1, 2, 3, 4
FRACTION = 24


class Pieces(NamedTuple):
    function: int
    key_bits: int
    low_bits: int
    input_scale: int
    output_scale: int
    slope_shift: int
    output_bits: int = 0  # 0: the output is not bounded
    alpha: int = 0
    gamma: int = 0

    @property
    def keys(self):
        if self.function == functions.ONE_LESS_EXP:
            return range(1 << self.key_bits)
        return range(-(1 << self.key_bits - 1), 1 << self.key_bits - 1)


def table_columns(table):
    return _columns(table.kind, table.parameters)


def table_rows(table):
    return 1 << (table.parameters[1] if table.kind == PIECES else table.parameters[0])


@lru_cache(maxsize=256)
def _columns(kind, parameters):
    if kind == UNSIGNED:
        return (tuple(range(1 << parameters[0])),)
    if kind == SIGNED:
        half = 1 << parameters[0] - 1
        return tuple(range(-half, half)), tuple(int(v < 0) for v in range(-half, half))
    if kind == OVERFLOW:
        half = 1 << parameters[0] - 1
        keys = range(-half, half)
        return tuple(keys), tuple(int(v == 0) for v in keys), tuple(int(v > 0) for v in keys)
    pieces = Pieces(*parameters)
    with localcontext(functions.CONTEXT):
        base, slope = _bounded(pieces) if pieces.output_bits else _unbounded(pieces)
    return tuple(pieces.keys), tuple(base), tuple(slope)


def _nearest(value):
    """Half up."""
    return int((value + Decimal("0.5")).to_integral_value(ROUND_FLOOR))


def _round_shift(value, shift):
    if shift <= 0:
        return value << -shift
    return value + (1 << shift - 1) >> shift


# ---------------------------------------------------------------------------------------------- with a declared range


class _Sampled(NamedTuple):
    start: list  # F at the first integer of each piece, its middle, and the first of the next
    middle: list
    end: list

    def in_order(self):
        out = self.start[:1]
        for middle, end in zip(self.middle, self.end):
            out += [middle, end]
        return out if self.middle else self.start


def _sample(p):
    most = ((1 << p.output_bits - 1) - 1) << FRACTION
    least = -(1 << p.output_bits - 1 + FRACTION)
    unit = Decimal(2) ** (FRACTION - p.output_scale)

    def at(z):
        return max(least, min(most, _nearest(functions.evaluate(p.function, z, p.input_scale, p.alpha, p.gamma) * unit)))

    if p.low_bits == 0:
        return _Sampled([at(key) for key in p.keys], [], [])
    width = 1 << p.low_bits
    starts = [at(key * width) for key in (*p.keys, p.keys[-1] + 1)]
    return _Sampled(starts[:-1], [at(key * width + width // 2) for key in p.keys], starts[1:])


def _towards_zero(value, divisor):
    return value // divisor if value >= 0 else -(-value // divisor)


def _bounded(p):
    sampled = _sample(p)
    values = sampled.in_order()
    least, greatest = _round_shift(min(values), FRACTION), _round_shift(max(values), FRACTION)
    never_falls = all(a <= b for a, b in zip(values, values[1:]))
    never_rises = all(a >= b for a, b in zip(values, values[1:]))
    if p.low_bits == 0:
        return [_round_shift(s, FRACTION) for s in sampled.start], [0] * len(sampled.start)
    base = []
    for s, m, e in zip(*sampled):
        one = max(least, min(greatest, _round_shift(s + _towards_zero(2 * m - s - e, 4), FRACTION)))
        if base and never_falls:
            one = max(one, base[-1])
        if base and never_rises:
            one = min(one, base[-1])
        base.append(one)
    bounds = (0, 255) if never_falls else (-128, 127)
    slope = []
    for i, (s, e) in enumerate(zip(sampled.start, sampled.end)):
        wanted = _round_shift(e - s, FRACTION + p.low_bits - p.slope_shift)
        low, high = max(bounds[0], least - base[i]), min(bounds[1], greatest - base[i])
        if i + 1 < len(base):
            step = base[i + 1] - base[i]
            low, high = max(low, min(0, step)), min(high, max(0, step))
        slope.append(_slope_within(wanted, low, high, p))
    return base, slope


def _slope_within(wanted, low, high, p):
    """The slope nearest to `wanted` with low <= round_shift(slope (2^low_bits - 1), g) <= high."""
    last, half = (1 << p.low_bits) - 1, 1 << p.slope_shift >> 1
    most = (((high + 1) << p.slope_shift) - half - 1) // last
    least = -((half - (low << p.slope_shift)) // last)
    return max(least, min(most, wanted))


# ------------------------------------------------------------------------------------------------------- without one


def _unbounded(p):
    unit = Decimal(2) ** -p.output_scale

    def at(z, scale=p.input_scale):
        return functions.evaluate(p.function, z, scale)

    if p.low_bits == 0:
        return [_nearest(at(key) * unit) for key in p.keys], [0] * len(p.keys)
    width = 1 << p.low_bits
    ends = [at(key * width) for key in (*p.keys, p.keys[-1] + 1)]
    base, slope = [], []
    for key, start, end in zip(p.keys, ends, ends[1:]):
        middle = at(key * width + width // 2)
        base.append(_nearest((start + (middle - (start + end) / 2) / 2) * unit))
        slope.append(max(0, _nearest((end - start) * unit * Decimal(2) ** (p.slope_shift - p.low_bits))))
    for i, following in enumerate(base[1:]):
        slope[i] = _slope_within(slope[i], -1 << 60, max(0, following - base[i]), p)
    return base, slope


def _within(value, least, most):
    return least <= value <= most


def _unbounded_known(p):
    return (_within(p.function, 1, 3) and _within(p.key_bits, 6, 12) and _within(p.low_bits, 0, 12)
            and _within(p.input_scale, -24, 0) and _within(p.output_scale, -24, 0) and _within(p.slope_shift, 0, 16)
            and p.low_bits + p.input_scale <= 1 and p.input_scale - p.output_scale + p.slope_shift <= 30)


def _bounded_known(p):
    if p.function == functions.ONE_LESS_EXP or p.function not in functions.NUMBERS:
        return False
    alpha, gamma = p.function in functions.USES_ALPHA, p.function in functions.USES_GAMMA
    most = 64 << 32
    return (_within(p.alpha, -most, most) and _within(p.gamma, -most, most) and (alpha or p.alpha == 0)
            and (gamma or p.gamma == 0) and (p.function != 17 or p.alpha > 0)
            and _within(p.key_bits, 4, 16) and _within(p.low_bits, 0, 12) and _within(p.key_bits + p.low_bits, 8, 16)
            and _within(p.input_scale, -40, 24) and _within(p.output_scale, -32, 32)
            and _within(p.slope_shift, 0, 16) and _within(p.output_bits, 4, 16))


def is_known(table):
    """Are the parameters in the registry?"""
    kind, parameters = table.kind, table.parameters
    if kind in (UNSIGNED, SIGNED, OVERFLOW):
        return len(parameters) == 1 and _within(parameters[0], 1, 16)
    if kind != PIECES or len(parameters) not in (6, 9):
        return False
    p = Pieces(*parameters)
    known = _unbounded_known if len(parameters) == 6 else _bounded_known
    return known(p) and (p.low_bits == 0) == (p.slope_shift == 0)


def arity(table):
    return {UNSIGNED: 1, SIGNED: 2, PIECES: 3, OVERFLOW: 3}[table.kind]
