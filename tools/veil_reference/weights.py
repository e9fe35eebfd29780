"""Public weights on the axes of tensors, with symbolic keys, and functionals made of them.

Two weights are the same where their keys are: which coins, which lengths. Keys follow from the statement, so the form
of a proof never depends on values (docs/protocol/commitments.md).
"""

from functools import cached_property
from typing import NamedTuple

from .circuit import PUBLIC
from .field import P, bits_of, eq_vector


class Point(NamedTuple):
    """Coins in order, and the name that weights made of them carry."""

    name: str
    coins: list


class Eq:
    """eq(coins, i) for i < length; the coins are those of the point from number `first` on."""

    def __init__(self, point, first, length):
        self.coins, self.length = point.coins[first : first + bits_of(length)], length
        self.key = ("eq", point.name, first, length)

    @cached_property
    def vector(self):
        return eq_vector(self.coins, self.length)

    @cached_property
    def total(self):
        return sum(self.vector) % P


class Listed:
    """Any other weights."""

    def __init__(self, key, vector):
        self.key, self.vector, self.length = key, vector, len(vector)

    @property
    def total(self):
        return sum(self.vector) % P


def ones(length):
    return Listed(("ones", length), [1] * length)


def eq_axes(point, lengths):
    """One block of coins for each axis; the last axis takes the last coins."""
    out, end = [], len(point.coins)
    for length in reversed(lengths):
        end -= bits_of(length)
        out.append(Eq(point, end, length))
    return out[::-1]


def pull_back(index, length, weights):
    """Weights of domain axes as weights of the tensor axis that is read at `offset + sum coefficient axis`."""
    terms, offset = index
    if len(terms) == 1 and terms[0][1] == 1 and offset == 0 and weights[terms[0][0]].length == length:
        return weights[terms[0][0]]
    reads = {offset: 1}
    for axis, coefficient in terms:
        grown = {}
        for at, weight in reads.items():
            for i, factor in enumerate(weights[axis].vector):
                to = at + coefficient * i
                grown[to] = (grown.get(to, 0) + weight * factor) % P
        reads = grown
    key = ("read", length, offset, tuple((c, weights[axis].key) for axis, c in terms))
    return Listed(key, [reads.get(i, 0) for i in range(length)])


class Term(NamedTuple):
    """factor <weights, tensor>"""

    factor: int
    tensor: int
    weights: tuple

    @property
    def key(self):
        return self.tensor, tuple(weight.key for weight in self.weights)


class Functional(NamedTuple):
    constant: int
    terms: tuple

    def scaled(self, factor):
        terms = tuple(term._replace(factor=term.factor * factor % P) for term in self.terms)
        return Functional(self.constant * factor % P, terms)


def axes_of(view):
    return [axis for terms, _ in view.axes for axis, _ in terms] if view else []


def contract(values, shape, weights):
    """<weights, values> of a public tensor, row-major."""
    values = list(values)
    for length, weight in zip(reversed(shape), reversed(weights)):
        vector = weight.vector
        values = [sum(v * w for v, w in zip(values[at : at + length], vector)) % P
                  for at in range(0, len(values), length)]
    return values[0]


class Statement(NamedTuple):
    """What the functionals of a circuit are taken with: shapes, and the values of public tensors."""

    circuit: object
    public: dict

    def functional(self, form, weights, needed):
        """sum of a form under weights of the axes `needed`; those that a view of it lacks are summed. Axes that
        only the view uses are needed as well."""
        constant, terms = 0, []
        for coefficient, view in form:
            used, factor = axes_of(view), coefficient
            for axis in needed:
                if axis not in used:
                    factor = factor * weights[axis].total % P
            if view is None:
                constant += factor
                continue
            tensor = self.circuit.tensors[view.tensor]
            pulled = tuple(pull_back(index, length, weights) for index, length in zip(view.axes, tensor.shape))
            if tensor.owner == PUBLIC:
                constant += factor * contract(self.public[view.tensor], tensor.shape, pulled)
            else:
                terms.append(Term(factor % P, view.tensor, pulled))
        return Functional(constant % P, tuple(terms))
