"""LogUp-GKR: all lookups as one fractional sum (docs/protocol/lookup.md)."""

from typing import NamedTuple

from .checker import Value
from .einsum import Owed
from .field import P, eq_point, inner, powers
from .layout import tensor_bits
from .tables import table_columns
from .weights import Point, Term, eq_axes, ones


class Segment(NamedTuple):
    bits: int
    lookup: object  # or None, for a table
    table: int


def segments_of(circuit):
    """Widest first; of equal width lookups, then tables, in order."""
    out = [Segment(tensor_bits(one.extent[: one.box_rank]), one, one.table) for one in circuit.lookups]
    out += [Segment(tensor_bits(circuit.tensors[table.multiplicity].shape), None, i)
            for i, table in enumerate(circuit.tables)]
    return sorted(out, key=lambda segment: -segment.bits)


def tree_depth(segments):
    return max(1, (sum(1 << segment.bits for segment in segments) - 1).bit_length())


def _root(checker):
    q = checker.receive("lookup/root/q")
    inverse = checker.receive("lookup/root/inverse")
    checker.require_zero("lookup/root", ((q, inverse),), Value(P - 1))
    return Value(), q


def _layer(checker, k, p, q, point):
    """Claims p(r), q(r) of layer k become claims of layer k + 1."""
    mix = checker.challenge(f"lookup/{k}/lambda")
    claim, bound = p.plus(q, mix), []
    for j in range(k):
        c1, c2 = (checker.receive(f"lookup/{k}/{j}/{c}") for c in ("c1", "c2"))
        coin = checker.challenge(f"lookup/{k}/{j}")
        c0 = claim.plus(c1 + c2, -point[j])
        claim = c0.plus(c1, coin).plus(c2, coin * coin)
        bound.append(coin)
    p0, p1, q0, q1 = (checker.receive(f"lookup/{k}/{name}") for name in ("p0", "p1", "q0", "q1"))
    checker.require_zero(f"lookup/{k}/end", ((p0, q1), (q0, p1.plus(q1, mix))), claim * -1)
    coin = checker.challenge(f"lookup/{k}/mu")
    return p0.plus(p1 - p0, coin), q0.plus(q1 - q0, coin), [*bound, coin]


class _Leaves:
    """The two claims about the leaves, gathered segment by segment."""

    def __init__(self, checker, statement, gamma, alpha):
        self.checker, self.statement, self.gamma, self.alpha = checker, statement, gamma, alpha
        self.p_terms, self.q_terms, self.owed = [], [], []
        self.p_public, self.q_public = 0, Value(1)

    def table(self, table, selector, point):
        of = self.statement.circuit.tables[table]
        weights = eq_axes(point, self.statement.circuit.tensors[of.multiplicity].shape)
        self.p_terms.append(Term(-selector % P, of.multiplicity, tuple(weights)))
        value = (table + 1) * weights[0].total
        for column, power in zip(table_columns(of), self._gammas()):
            value += power * inner(column, weights[0].vector)
        self.q_public += selector * ((self.alpha - 1) * weights[0].total - value)

    def _gammas(self):
        gammas = powers(self.gamma)
        next(gammas)
        return gammas

    def lookup(self, one, selector, point):
        box = eq_axes(point, one.extent[: one.box_rank])
        weights = dict(enumerate([*box, *map(ones, one.extent[one.box_rank :])]))
        total = 1
        for axis in box:
            total = total * axis.total % P
        self.p_public += selector * total
        self.q_public += selector * (self.alpha - 1 - one.table - 1) * total
        for e, (entry, power) in enumerate(zip(one.entries, self._gammas())):
            factor = -selector * power % P
            if entry.products:
                value = self.checker.receive(f"leaf/{one.name}/{e}")
                self.q_public = self.q_public.plus(value, factor)
                self.owed.append(Owed(f"{one.name}/{e}", entry, one.extent, weights, one.box_rank, value))
                continue
            linear = self.statement.functional(entry.linear, weights, range(one.box_rank)).scaled(factor)
            self.q_public += linear.constant
            self.q_terms += linear.terms


def check_lookups(checker, statement, claims):
    """Lists the claims about the leaves; returns the expressions whose values are owed."""
    segments = segments_of(statement.circuit)
    gamma, alpha = (checker.challenge(f"lookup/{name}") for name in ("gamma", "alpha"))
    (p, q), point = _root(checker), []
    for k in range(tree_depth(segments)):
        p, q, point = _layer(checker, k, p, q, point)
    leaves, at = _Leaves(checker, statement, gamma, alpha), 0
    for segment in segments:
        high = len(point) - segment.bits
        position = at >> segment.bits
        bits = [position >> high - 1 - i & 1 for i in range(high)]
        selector = eq_point(point[:high], bits)
        if segment.lookup:
            leaves.lookup(segment.lookup, selector, Point("L", point))
        else:
            leaves.table(segment.table, selector, Point("L", point))
        at += 1 << segment.bits
    claims.owe(checker, "lookup/leaf/p", leaves.p_terms, p - leaves.p_public)
    claims.owe(checker, "lookup/leaf/q", leaves.q_terms, q - leaves.q_public)
    return leaves.owed
