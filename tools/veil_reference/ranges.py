"""Proven ranges of tensors (docs/protocol/circuit.md, Proven ranges). An interval is a pair of integers, or None."""

from collections import deque
from math import prod

from .circuit import MODEL, PUBLIC
from .tables import table_columns
from .weights import axes_of

LIMIT = 1 << 120


def used_axes(*forms):
    return list(dict.fromkeys(axis for form in forms for _, view in form for axis in axes_of(view)))


def constraints_of(circuit):
    """Triples of a constraint, one of its expressions, and the interval that the expression is in."""
    for one in circuit.identities:
        yield one, one.expression, (0, 0)
    for one in circuit.lookups:
        columns = table_columns(circuit.tables[one.table])
        for entry, column in zip(one.entries, columns):
            yield one, entry, (min(column), max(column))


def covers(view, shape, constraint):
    """Does the view read each element of its tensor at one index of the box?"""
    used = axes_of(view)
    if len(set(used)) < len(used) or any(axis >= constraint.box_rank for axis in used):
        return False
    for (terms, offset), length in zip(view.axes, shape, strict=True):
        below = 1
        for axis, coefficient in sorted(terms, key=lambda term: (term[1], constraint.extent[term[0]])):
            if coefficient != below:
                return False
            below *= constraint.extent[axis]
        if not terms or offset or below != length:
            return False
    return True


def _reads_outside(view, shape, extent):
    for (terms, offset), length in zip(view.axes, shape, strict=True):
        ends = [coefficient * (extent[axis] - 1) for axis, coefficient in terms]
        if offset + sum(min(0, end) for end in ends) < 0 or offset + sum(max(0, end) for end in ends) >= length:
            return True
    return False


def scaled(interval, factor):
    a, b = interval[0] * factor, interval[1] * factor
    return (a, b) if a <= b else (b, a)


def _checked(interval):
    return interval if -LIMIT <= interval[0] and interval[1] <= LIMIT else None


class Ranges:
    def __init__(self, circuit):
        self.circuit = circuit
        self.known = {i: (t.low, t.high) for i, t in enumerate(circuit.tensors) if t.owner in (MODEL, PUBLIC)}
        self.declared = frozenset(self.known)
        self._to_fixed_point(list(constraints_of(circuit)))

    # ------------------------------------------------------------------------------------------- of expressions

    def of_view(self, view, extent):
        if view is None:
            return 1, 1
        known = self.known.get(view.tensor)
        if known and _reads_outside(view, self.circuit.tensors[view.tensor].shape, extent):
            known = min(0, known[0]), max(0, known[1])
        return known

    def of_form(self, form, constraint, summed=True):
        """`summed`: over the axes of each term outside the box."""
        low = high = 0
        for coefficient, view in form:
            interval = self.of_view(view, constraint.extent)
            if interval is None:
                return None
            times = prod(constraint.extent[a] for a in axes_of(view) if a >= constraint.box_rank) if summed else 1
            a, b = scaled(interval, coefficient * times)
            low, high = low + a, high + b
        return _checked((low, high))

    def of_expression(self, expression, constraint, without=None):
        """`without`: the number of a linear term that is left out."""
        linear = [term for i, term in enumerate(expression.linear) if i != without]
        total = self.of_form(linear, constraint)
        for product in expression.products:
            left, right = (self.of_form(form, constraint, False) for form in (product.left, product.right))
            if total is None or left is None or right is None:
                return None
            ends = [a * b for a in left for b in right]
            summed = [a for a in used_axes(product.left, product.right) if a >= constraint.box_rank]
            times = product.coefficient * prod(constraint.extent[a] for a in summed)
            a, b = scaled((min(ends), max(ends)), times)
            total = _checked((total[0] + a, total[1] + b))
        return total

    # ----------------------------------------------------------------------------------------------- fixed point

    def _to_fixed_point(self, constraints):
        readers = {}
        for i, (_, expression, _) in enumerate(constraints):
            for tensor in tensors_in(expression):
                readers.setdefault(tensor, set()).add(i)
        waiting, queued, left = deque(range(len(constraints))), set(range(len(constraints))), 1 << 22
        while waiting and left > 0:
            i = waiting.popleft()
            queued.discard(i)
            left -= len(constraints[i][1].linear) + 1
            for tensor in self._narrow(*constraints[i]):
                waiting.extend(sorted(readers[tensor] - queued - {i}))
                queued |= readers[tensor] - {i}

    def _narrow(self, constraint, expression, value):
        """The tensors of which more is known now."""
        counts = tensors_in(expression)
        for number, (coefficient, view) in enumerate(expression.linear):
            if view is None or abs(coefficient) != 1 or counts[view.tensor] != 1 or view.tensor in self.declared:
                continue
            if not covers(view, self.circuit.tensors[view.tensor].shape, constraint):
                continue
            rest = self.of_expression(expression, constraint, without=number)
            if rest is None:
                continue
            found = scaled((value[0] - rest[1], value[1] - rest[0]), coefficient)
            old = self.known.get(view.tensor, found)
            new = _checked((max(found[0], old[0]), min(found[1], old[1])))
            if new and new[0] <= new[1] and new != self.known.get(view.tensor):
                self.known[view.tensor] = new
                yield view.tensor


def tensors_in(expression):
    """How often each tensor occurs."""
    counts = {}
    for form in [expression.linear, *(side for p in expression.products for side in (p.left, p.right))]:
        for _, view in form:
            if view is not None:
                counts[view.tensor] = counts.get(view.tensor, 0) + 1
    return counts
