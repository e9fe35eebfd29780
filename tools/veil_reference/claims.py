"""The list of claims and its reduction to one row at one point (docs/protocol/column-reduction.md)."""

from itertools import product
from typing import NamedTuple

from .checker import Value
from .field import P, bits_of, eq_vector, inner, outer, powers
from .weights import Eq


class Claims:
    def __init__(self):
        self.list = []  # pairs (terms, Value)
        self.known = {}  # by the key of a claim on one tensor: its message

    def owe(self, checker, name, terms, value):
        """sum of terms = value; without terms it is an equation of its own."""
        if terms:
            self.list.append((tuple(terms), value))
        else:
            checker.require_zero(name, (), value)

    def receive(self, checker, label, functional):
        """The value of a functional. Its committed part is a message, if it has one; that of a single tensor is sent
        without its factor, and once."""
        constant, terms = functional
        if not terms:
            return Value(constant % P)
        if len(terms) > 1:
            message = checker.receive(label)
            self.list.append((terms, message))
            return message + constant
        term, = terms
        if term.key not in self.known:
            self.known[term.key] = checker.receive(label)
            self.list.append(((term._replace(factor=1),), self.known[term.key]))
        return self.known[term.key] * term.factor + constant


class Part(NamedTuple):
    """(row weights) x (column weights)"""

    rows: dict
    key: tuple
    columns: list  # as long as it is read


def _cut_parts(weight, low_bits):
    """The cut axis: triples of weights by chunk, key, and weights within a chunk."""
    chunk, length = 1 << low_bits, weight.length
    if length <= chunk:
        yield {0: 1}, weight.key, weight.vector
    elif isinstance(weight, Eq):
        whole, rest = divmod(length, chunk)
        high, low = weight.coins[:-low_bits], eq_vector(weight.coins[-low_bits:], chunk)
        by_chunk = eq_vector(high, whole + (rest > 0))
        yield dict(enumerate(by_chunk[:whole])), (weight.key, "low"), low
        if rest:
            yield {whole: by_chunk[whole]}, (weight.key, "rest"), low[:rest]
    else:
        for h in range(-(-length // chunk)):
            yield {h: 1}, (weight.key, h), weight.vector[h * chunk : (h + 1) * chunk]


def _columns(weights):
    """Column weights of axes in order, each but the first padded to a power of two."""
    out = [1]
    for weight in weights:
        out = outer(out, [*weight.vector, *[0] * ((1 << bits_of(weight.length)) - weight.length)])
    return out


def parts_of(term, tensor, place, log_columns):
    if place.column or sum(map(bits_of, tensor.shape)) < log_columns:
        yield Part({place.row: 1}, None, [0] * place.column + _columns(term.weights))
        return
    before = [1]
    for weight in term.weights[: place.cut]:
        before = outer(before, weight.vector)
    cut, behind = term.weights[place.cut], term.weights[place.cut + 1 :]
    chunks = -(-cut.length >> place.low_bits)
    last = _columns(behind)
    for high, key, low in _cut_parts(cut, place.low_bits):
        rows = {place.row + i * chunks + h: w * weight % P for (i, w), (h, weight) in
                product(enumerate(before), high.items())}
        yield Part(rows, (key, *(weight.key for weight in behind)), outer(low, last))


class Group:
    def __init__(self):
        self.rows, self.columns = {}, []

    def add_rows(self, rows, factor):
        for row, weight in rows.items():
            self.rows[row] = (self.rows.get(row, 0) + factor * weight) % P

    def add_columns(self, columns, factor):
        self.columns += [0] * (len(columns) - len(self.columns))
        for i, weight in enumerate(columns):
            self.columns[i] = (self.columns[i] + factor * weight) % P


def _group(claims, statement, layout, sigma):
    """The groups in order of first appearance, and the claim that they owe."""
    groups, total = {}, Value()
    for (terms, value), power in zip(claims.list, powers(sigma)):
        total = total.plus(value, power)
        for term in terms:
            tensor, place = statement.circuit.tensors[term.tensor], layout.places[term.tensor]
            for part in parts_of(term, tensor, place, layout.log_columns):
                _join(groups, part, power * term.factor % P)
    return list(groups.values()), total


def _join(groups, part, factor):
    if len(part.rows) == 1:
        (row, weight), = part.rows.items()
        group = groups.setdefault(("row", row), Group())
        group.rows[row] = 1
        group.add_columns(part.columns, factor * weight % P)
        return
    group = groups.setdefault(("columns", part.key), Group())
    group.columns = part.columns
    group.add_rows(part.rows, factor)


class Reduced(NamedTuple):
    rows: dict  # row weights
    columns: list  # eq at the column point
    value: Value


def reduce_columns(checker, statement, layout, claims):
    groups, claim = _group(claims, statement, layout, checker.challenge("column/sigma"))
    point = []
    for j in range(layout.log_columns):
        c0, c2 = (checker.receive(f"column/{j}/{c}") for c in ("c0", "c2"))
        r = checker.challenge(f"column/{j}")
        claim = (claim * r).plus(c0, 1 - 2 * r).plus(c2, r * r - r)
        point.append(r)
    columns = eq_vector(point, layout.columns)
    messages, end = [], Value()
    for g, group in enumerate(groups):
        messages.append(checker.receive(f"column/z/{g}"))
        end = end.plus(messages[-1], inner(group.columns, columns[: len(group.columns)]))
    checker.require_zero("column/end", (), end - claim)
    rows, value = Group(), Value()
    for group, message, power in zip(groups, messages, powers(checker.challenge("column/sigma2"))):
        rows.add_rows(group.rows, power)
        value = value.plus(message, power)
    return Reduced(rows.rows, columns, value)
