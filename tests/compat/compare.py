"""Is what was proven what was expected?"""

import dataclasses

import numpy

RELATIVE_BOUND = 2.0 ** -9  # of the largest expected magnitude
ABSOLUTE_BOUND = 1e-3
WRONG = 0.05  # of the largest expected magnitude


@dataclasses.dataclass
class Comparison:
    outcome: str  # proven, imprecise, wrong
    reason: str = ""
    error: float = 0.0
    bound: float = 0.0
    largest: float = 0.0
    elements: int = 0


def _counted(count, noun):
    return f"{count} {noun}" + ("" if count == 1 else "s")


def _compare_exact(values, expected, rounded):
    """`rounded`: the numbers are results of a quantisation, where one unit of difference is rounding."""
    difference = numpy.abs(values - expected)
    error = float(difference.max(initial=0))
    result = Comparison("proven", "", error, 0.0, float(numpy.abs(expected).max(initial=0)), expected.size)
    if error > 0:
        result.outcome = "imprecise" if rounded and error == 1 else "wrong"
        place = int(difference.argmax())
        count = _counted(int((difference > 0).sum()), "integer")
        result.reason = (f"{count} of {expected.size} differ, element {place} most: {values[place]:g} for "
                         f"{expected[place]:g}")
    return result


def _compare_real(values, expected, relative, absolute):
    finite = numpy.isfinite(expected)
    note = "" if finite.all() else f"{_counted(int((~finite).sum()), 'expected number')} not finite, left out"
    difference = numpy.where(finite, numpy.abs(values - numpy.where(finite, expected, 0)), 0)
    error = float(difference.max(initial=0))
    largest = float(numpy.abs(expected[finite]).max(initial=0))
    bound = max(relative * largest, absolute)
    result = Comparison("proven", note, error, bound, largest, expected.size)
    if not error <= bound:
        result.outcome = "wrong" if not error <= WRONG * largest else "imprecise"
        place = int(difference.argmax())
        found = f"element {place} is {values[place]:.6g} for {expected[place]:.6g}"
        result.reason = f"{found}; {note}" if note else found
    return result


def compare(values, expected, relative=RELATIVE_BOUND, absolute=ABSOLUTE_BOUND, rounded=False):
    """`values`: the revealed numbers in row-major order. Integers and booleans must be equal, floats within a bound."""
    values = numpy.asarray(values, dtype=numpy.float64).ravel()
    exact = expected.dtype.kind in "biu"
    expected = expected.astype(numpy.float64).ravel()
    if values.size != expected.size:
        return Comparison("wrong", f"{_counted(values.size, 'value')} for {expected.size}", elements=expected.size)
    return _compare_exact(values, expected, rounded) if exact else _compare_real(values, expected, relative, absolute)
