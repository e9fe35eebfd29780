"""Is every tensor a function of model and input? (docs/protocol/circuit.md, Determined tensors)"""

from math import prod

from .circuit import INPUT, MODEL
from .ranges import covers, tensors_in, used_axes
from .tables import SIGNED, table_columns, table_rows
from .weights import axes_of


def unique_digits(digits, spread):
    """Pairs (coefficient, range): is each digit fixed where their sum is within `spread` consecutive integers?
    The spread of the whole, or None."""
    for coefficient, (low, high) in sorted(digits, key=lambda digit: abs(digit[0])):
        if abs(coefficient) < spread:
            return None
        spread += abs(coefficient) * (high - low)
    return spread


def box_of(constraint):
    return constraint.extent[: constraint.box_rank]


def polynomial(expression, constraint):
    """The expression by monomials: tuples of views. A summed axis that a monomial lacks is a factor of it."""
    out = {}

    def add(views, factor):
        key = tuple(sorted(views, key=repr))
        out[key] = out.get(key, 0) + factor

    for coefficient, view in expression.linear:
        add([view] if view else [], coefficient)
    for product in expression.products:
        summed = {axis for axis in used_axes(product.left, product.right) if axis >= constraint.box_rank}
        for a, left in product.left:
            for b, right in product.right:
                views = [view for view in (left, right) if view]
                lacking = summed - {axis for view in views for axis in axes_of(view)}
                add(views, product.coefficient * a * b * prod(constraint.extent[axis] for axis in lacking))
    return {key: factor for key, factor in out.items() if factor}


class Determined:
    def __init__(self, circuit, ranges):
        self.circuit, self.ranges = circuit, ranges
        self.known = set(circuit.of_owner(MODEL)) | set(circuit.of_owner(INPUT))
        self.slices = {}  # by tensor and axis: the determined indices
        self.clamps = [clamp for one in circuit.identities for clamp in self._clamps_of(one)]
        self.keys = [(one, one.entries[0]) for one in circuit.lookups]
        self.quotients = [(one, polynomial(entry, one)) for one, entry in self.keys if entry.products]
        self._to_fixed_point()

    def _to_fixed_point(self):
        steps = [self._equation_step(one, expression) for one, expression in self._equations()]
        steps += [self._column_step(one) for one in self.circuit.lookups if len(one.entries) > 1]
        steps += [self._quotient_step]
        size = None
        while size != self._size():
            size = self._size()
            for step in steps:
                step()

    def _size(self):
        return len(self.known), sum(map(len, self.slices.values()))

    def _equations(self):
        yield from ((one, one.expression) for one in self.circuit.identities)
        yield from self.keys

    # -------------------------------------------------------------------------------------------------- equations

    def _equation_step(self, constraint, expression):
        table = getattr(constraint, "table", None)
        spread = 1 if table is None else table_rows(self.circuit.tables[table])
        counts = tensors_in(expression)

        def step():
            if counts.keys() <= self.known:
                return
            digits = self._unknown_digits(constraint, expression, counts)
            if digits is None:
                return
            if unique_digits([(c, self.ranges.known[view.tensor]) for c, view in digits], spread) is not None:
                for _, view in digits:
                    self._mark(view)
            else:
                self._clamped(box_of(constraint), digits, spread)

        return step

    def _unknown_digits(self, constraint, expression, counts):
        """The unknown linear terms, if they are digits; products are to be known."""
        digits = []
        for product in expression.products:
            if any(view and view.tensor not in self.known for _, view in product.left + product.right):
                return None
        for coefficient, view in expression.linear:
            if view is None or view.tensor in self.known:
                continue
            if counts[view.tensor] != 1 or view.tensor not in self.ranges.known:
                return None
            if not self._covers_slice(view, constraint):
                return None
            digits.append((coefficient, view))
        return digits

    def _covers_slice(self, view, constraint):
        shape = self.circuit.tensors[view.tensor].shape
        if covers(view, shape, constraint):
            return True
        fixed = [d for d, (terms, offset) in enumerate(view.axes) if not terms and 0 <= offset < shape[d]]
        if len(fixed) != 1:
            return False
        d = fixed[0]
        rest = view._replace(axes=view.axes[:d] + view.axes[d + 1 :])
        return covers(rest, shape[:d] + shape[d + 1 :], constraint)

    def _mark(self, view):
        shape = self.circuit.tensors[view.tensor].shape
        fixed = [d for d, (terms, _) in enumerate(view.axes) if not terms]
        if fixed:
            d = fixed[0]
            found = self.slices.setdefault((view.tensor, d), set())
            found.add(view.axes[d][1])
            if len(found) < shape[d]:
                return
        self.known.add(view.tensor)

    # ------------------------------------------------------------------------------------------------------ clamps

    def _clamps_of(self, one):
        """e (z - max + (max - min) s) = 0, as its box and the digits of z and of e."""
        if one.expression.linear or len(one.expression.products) != 1:
            return
        product = one.expression.products[0]
        found = self._clamp(one, product.left, product.right) if product.coefficient else None
        if found:
            yield found

    def _clamp(self, one, excess, other):
        constants = [c for c, view in other if view is None]
        views = [view for _, view in (*excess, *other) if view]
        if len(constants) != 1 or any(view is None for _, view in excess) or not excess:
            return None
        same = all(view.axes == views[0].axes for view in views)
        shapes = [self.circuit.tensors[view.tensor].shape for view in views]
        tensors = [view.tensor for view in views]
        if not same or not all(covers(v, s, one) for v, s in zip(views, shapes)) or len(set(tensors)) < len(tensors):
            return None
        if any(tensor not in self.ranges.known for tensor in tensors):
            return None
        top = max(excess, key=lambda term: abs(term[0]))
        for coefficient, view in other:
            if view and self._is_sign(top[1], view, one):
                value = tuple((c, v) for c, v in other if v and v != view)
                if self._bounded(value, -constants[0] - coefficient, -constants[0]) and self._signed(excess, top):
                    return box_of(one), value, tuple(excess)
        return None

    def _is_sign(self, top, sign, clamp):
        """Is there a signed lookup of (top, sign), by the same views in the same box?"""
        return any(self.circuit.tables[one.table].kind == SIGNED and box_of(one) == box_of(clamp)
                   and [entry.linear for entry in one.entries] == [((1, top),), ((1, sign),)]
                   and not any(entry.products for entry in one.entries)
                   for one in self.circuit.lookups)

    def _bounded(self, digits, low, high):
        """Is the sum of the digits proven to be within low and high?"""
        ends = [sorted((c * self.ranges.known[v.tensor][0], c * self.ranges.known[v.tensor][1])) for c, v in digits]
        return bool(digits) and low <= sum(e[0] for e in ends) and sum(e[1] for e in ends) <= high

    def _signed(self, excess, top):
        """Has the sum the sign of its top limb?"""
        below = [(c, self.ranges.known[v.tensor]) for c, v in excess if v != top[1]]
        return (top[0] > 0 and all(c > 0 and low >= 0 for c, (low, _) in below)
                and sum(c * high for c, (_, high) in below) < top[0])

    def _clamped(self, box, digits, spread):
        by_view = {view: coefficient for coefficient, view in digits}
        for clamp_box, value, excess in self.clamps:
            if clamp_box != box or not all(view in by_view for _, view in (*value, *excess)):
                continue
            factor, odd = divmod(by_view[value[0][1]], value[0][0])
            if odd or not factor or any(by_view[view] != factor * c for c, view in (*value, *excess)):
                continue
            inside = {view for _, view in (*value, *excess)}
            others = [(c, self.ranges.known[view.tensor]) for c, view in digits if view not in inside]
            reach = unique_digits(others, spread)
            parts = [unique_digits([(c, self.ranges.known[v.tensor]) for c, v in part], 1) for part in (value, excess)]
            if reach is not None and reach <= abs(factor) and None not in parts:
                for _, view in digits:
                    self._mark(view)
                return

    # ----------------------------------------------------------------------------------------- columns and quotients

    def _column_step(self, one):
        others = [self._value_step(one, entry) for entry in one.entries[1:]]

        def step():
            if tensors_in(one.entries[0]).keys() <= self.known:
                for other in others:
                    other()

        return step

    def _value_step(self, one, entry):
        """The entry's value is known."""
        counts = tensors_in(entry)

        def step():
            digits = None if counts.keys() <= self.known else self._unknown_digits(one, entry, counts)
            if digits and unique_digits([(c, self.ranges.known[v.tensor]) for c, v in digits], 1) is not None:
                for _, view in digits:
                    self._mark(view)

        return step

    def _quotient_step(self):
        sides = [side for one, terms in self.quotients for side in [self._quotient_side(one, terms)] if side]
        for first in sides:
            for second in sides:
                if box_of(first.one) == box_of(second.one) and first.one.extent == second.one.extent:
                    self._quotient(first, second)

    def _quotient_side(self, one, terms):
        """X + sum_u K_u u + limbs, where it has that form with unknown u and limbs."""
        unknown = {view for key in terms if len(key) == 2 for view in key if view.tensor not in self.known}
        if not unknown or any(v.tensor not in self.ranges.known for v in unknown):
            return None
        known, by_digit, limbs = {}, {view: {} for view in unknown}, []
        for key, factor in terms.items():
            new = [view for view in key if view.tensor not in self.known]
            if not new:
                known[key] = factor
            elif len(new) > 1:
                return None
            elif new[0] in unknown:
                by_digit[new[0]][tuple(view for view in key if view != new[0])] = factor
            else:
                limbs.append((factor, new[0]))
        tensors = [view.tensor for view in (*unknown, *(view for _, view in limbs))]
        if len(set(tensors)) < len(tensors) or not all(self._covers_slice(view, one) for view in unknown):
            return None
        if any(view.tensor not in self.ranges.known for _, view in limbs):
            return None
        most = sum(max(c * end for end in self.ranges.known[view.tensor]) for c, view in limbs)
        return _Side(one, known, by_digit, min(table_columns(self.circuit.tables[one.table])[0]) - most)

    def _quotient(self, first, second):
        """X - K q >= a, Y + K q >= b, X + Y = K - d, a + b + d > 0."""
        if first.by_digit.keys() != second.by_digit.keys():
            return
        weights, divisor = first.quotient()
        if weights is None or second.quotient(divisor, -1)[0] != weights:
            return
        total = dict(divisor)
        for known in (first.known, second.known):
            for key, factor in known.items():
                total[key] = total.get(key, 0) - factor
        d = total.pop((), 0)
        if any(total.values()) or first.least + second.least + d <= 0:
            return
        digits = [(weight, self.ranges.known[view.tensor]) for view, weight in weights.items()]
        if unique_digits(digits, 1) is not None:
            for view in weights:
                self._mark(view)


class _Side:
    def __init__(self, one, known, by_digit, least):
        self.one, self.known, self.by_digit, self.least = one, known, by_digit, least

    def quotient(self, divisor=None, sign=1):
        """The weights of q's digits, and K: each digit's factor is -sign weight K."""
        if divisor is None:
            least = min(self.by_digit.values(), key=lambda k: sum(map(abs, k.values())))
            divisor = {key: -factor for key, factor in least.items()}
        weights = {}
        for view, factors in self.by_digit.items():
            key = next(iter(factors))
            weight, odd = divmod(-sign * factors[key], divisor.get(key, 0) or 1)
            if odd or not weight or factors != {k: -sign * weight * f for k, f in divisor.items()}:
                return None, None
            weights[view] = weight
        return weights, divisor


