"""Identities and virtual lookup entries in one batched sumcheck (docs/protocol/einsum.md)."""

from typing import NamedTuple

from .checker import Value
from .field import P, bits_of, eq_point, inverse_power_of_two, powers
from .layout import tensor_bits
from .weights import Eq, Functional, Point, axes_of, eq_axes, ones


class Owed(NamedTuple):
    """An expression under weights of its box has this value."""

    name: str
    expression: object
    extent: tuple
    weights: dict  # by axis; ones for the summed axes
    box_rank: int
    value: Value


class _Product(NamedTuple):
    """One product of an expression, its axes split."""

    owed: Owed
    product: object
    factor: int  # power of beta, coefficient, weights of the axes in neither factor
    batch: tuple
    reduced: tuple
    sides: tuple  # for each factor the axes that are folded into it

    @property
    def batch_bits(self):
        return sum(bits_of(self.owed.extent[axis]) for axis in self.batch)

    @property
    def variables(self):
        return self.batch_bits + sum(bits_of(self.owed.extent[axis]) for axis in self.reduced)


def _axes_of_form(form):
    """Each once, in order of first use."""
    return list(dict.fromkeys(axis for _, view in form for axis in axes_of(view)))


def _split(owed, product, beta):
    left, right = _axes_of_form(product.left), _axes_of_form(product.right)
    factor = beta * product.coefficient
    for axis in range(owed.box_rank):
        if axis not in left and axis not in right:
            factor = factor * owed.weights[axis].total % P
    both = [axis for axis in left if axis in right]
    sides = tuple(tuple(axis for axis in side if axis not in both) for side in (left, right))
    batch = tuple(axis for axis in both if axis < owed.box_rank)
    return _Product(owed, product, factor % P, batch, tuple(a for a in both if a >= owed.box_rank), sides)


def _identities(checker, circuit):
    """Every identity is owed 0 at a fresh point, of which it uses the last coordinates."""
    boxes = [one.extent[: one.box_rank] for one in circuit.identities]
    coins = [checker.challenge(f"einsum/point/{i}") for i in range(max(map(tensor_bits, boxes), default=0))]
    for one, box in zip(circuit.identities, boxes):
        weights = dict(enumerate([*eq_axes(Point("I", coins), box), *map(ones, one.extent[one.box_rank :])]))
        yield Owed(one.name, one.expression, one.extent, weights, one.box_rank, Value())


def _round(checker, j, claim, with_cube):
    c0, c2 = (checker.receive(f"einsum/{j}/{c}") for c in ("c0", "c2"))
    c3 = checker.receive(f"einsum/{j}/c3") if with_cube else None
    r = checker.challenge(f"einsum/{j}")
    claim = (claim * r).plus(c0, 1 - 2 * r).plus(c2, r * r - r)
    return r, claim.plus(c3, r**3 - r) if with_cube else claim


def _factor(checker, statement, claims, term, side, coins, label):
    """A(u), or B(u)."""
    owed, form = term.owed, (term.product.left, term.product.right)[side]
    open_axes = [*term.batch, *term.reduced]
    weights, at = dict(owed.weights), len(coins) - term.variables
    for axis in open_axes:
        weights[axis] = Eq(Point("M", coins), at, owed.extent[axis])
        at += bits_of(owed.extent[axis])
    return claims.receive(checker, label, statement.functional(form, weights, [*open_axes, *term.sides[side]]))


def _linear_part(statement, one):
    return statement.functional(one.expression.linear, one.weights, range(one.box_rank))


def _linear_claim(checker, statement, owed, betas, claims):
    """sum beta^k linear_k, sent as one message where it has a committed tensor."""
    parts = [_linear_part(statement, one).scaled(beta) for one, beta in zip(owed, betas)]
    terms = tuple(term for part in parts for term in part.terms)
    return claims.receive(checker, "claim/linear", Functional(sum(part.constant for part in parts), terms))


def _sumcheck(checker, terms, claim):
    rounds, coins = max(term.variables for term in terms), []
    for j in range(rounds):
        binds = [j - (rounds - term.variables) for term in terms]
        with_cube = any(0 <= at < term.batch_bits for at, term in zip(binds, terms))
        coin, claim = _round(checker, j, claim, with_cube)
        coins.append(coin)
    return coins, claim


def _weight_at_end(term, coins):
    """eq(r_batch, u_batch) 2^-(N-v)"""
    drawn = [coin for axis in term.batch for coin in term.owed.weights[axis].coins]
    begin = len(coins) - term.variables
    ends = coins[begin : begin + term.batch_bits]
    return eq_point(drawn, ends) * inverse_power_of_two(begin) % P


def check_einsum(checker, statement, owed, claims):
    """Lists the claims of all expressions: those of virtual entries first, then identities."""
    owed = [*owed, *_identities(checker, statement.circuit)]
    for one in owed:
        if not one.expression.products:
            part = _linear_part(statement, one)
            claims.owe(checker, f"einsum/{one.name}", part.terms, one.value - part.constant)
    owed = [one for one in owed if one.expression.products]
    if not owed:
        return
    beta, claim, terms = checker.challenge("einsum/beta"), Value(), []
    betas = [power for power, _ in zip(powers(beta), owed)]
    for one, power in zip(owed, betas):
        claim = claim.plus(one.value, power)
        terms += [_split(one, product, power) for product in one.expression.products]
    claim = claim - _linear_claim(checker, statement, owed, betas, claims)
    coins, claim = _sumcheck(checker, terms, claim)
    _end(checker, statement, claims, terms, coins, claim)


def _end(checker, statement, claims, terms, coins, claim):
    products, linear = [], claim * -1
    for i, term in enumerate(terms):
        left, right = (_factor(checker, statement, claims, term, side, coins, f"claim/term{i}/{name}")
                       for side, name in enumerate("AB"))
        left = left * (term.factor * _weight_at_end(term, coins) % P)
        if left.slots and right.slots:
            products.append((left, right))
        elif left.slots:
            linear = linear + left * right.constant
        else:
            linear = linear + right * left.constant
    checker.require_zero("einsum/end", tuple(products), linear)
