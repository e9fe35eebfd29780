"""The fold and the folded opening (docs/protocol/pads-and-fold.md, opening.md)."""

from typing import NamedTuple

from .curve import H, generators, multi_scalar
from .errors import require
from .field import P, inner, powers
from .reader import Reader


class Shape(NamedTuple):
    slots: int
    opened: tuple  # the slots whose pads are opened
    log_columns: int

    @property
    def columns(self):
        return 1 << self.log_columns

    @property
    def pad_rows(self):
        return -(-(self.slots + 1) >> self.log_columns)

    @property
    def row_folds(self):
        return self.pad_rows.bit_length()

    @property
    def column_folds(self):
        return min(3, max(0, self.log_columns - 4))


class Proof(NamedTuple):
    """The fields of an argument (docs/format.md, section 3)."""

    rows: list
    pads: list
    masks: list
    mask_row: tuple
    slots: list
    fold: list  # cross, error, delta
    opened: list
    row_folds: list
    blinder: int
    column_folds: list
    left: list


def _size(witness_rows, shape):
    left = shape.columns >> shape.column_folds
    numbers = shape.slots + 3 + len(shape.opened) + 2 * shape.row_folds + 1 + left
    return 32 * (witness_rows + 2 * shape.pad_rows + 1 + numbers + 2 * shape.column_folds)


def read_argument(raw, witness_rows, shape):
    require(len(raw) >= _size(witness_rows, shape), "format/short")
    require(len(raw) <= _size(witness_rows, shape), "format/trailing")
    data, m = Reader(raw), shape.pad_rows
    points = data.points(witness_rows + 2 * m + 1)
    rows, pads, masks = points[:witness_rows], points[witness_rows : witness_rows + m], points[-1 - m : -1]
    scalars = [[data.scalar() for _ in range(count)] for count in (shape.slots, 3, len(shape.opened))]
    row_folds = [(data.scalar(), data.scalar()) for _ in range(shape.row_folds)]
    blinder = data.scalar()
    column_folds = [tuple(data.points(2)) for _ in range(shape.column_folds)]
    left = [data.scalar() for _ in range(shape.columns >> shape.column_folds)]
    return Proof(rows, pads, masks, points[-1], *scalars, row_folds, blinder, column_folds, left)


class _Linear:
    """sum weights[i] pi'_i + constant"""

    def __init__(self, constant=0):
        self.constant, self.weights = constant % P, {}

    def add(self, slot, weight):
        self.weights[slot] = (self.weights.get(slot, 0) + weight) % P


def _constraints_at_fold(constraints, rho, r, proof, opened):
    """Q(r, pi'), affine in pi' by the opened pads."""
    out = _Linear()
    for constraint, power in zip(constraints, powers(rho)):
        for left, right in constraint.products:
            if not set(left.slots) <= opened.keys():
                left, right = right, left
            known = (r * left.at(proof.slots) - sum(w * opened[s] for s, w in left.slots.items())) % P
            _add_form(out, right, power * known, r, proof)
        _add_form(out, constraint.linear, power * r, r, proof)
    return out


def _add_form(out, form, factor, r, proof):
    """factor (r form(sent) - <form, pi'>)"""
    out.constant = (out.constant + factor * r * form.at(proof.slots)) % P
    for slot, weight in form.slots.items():
        out.add(slot, -factor * weight)


def _join_claims(transcript, checker, reduced, shape, proof):
    """Weights f on pi' and g', and the value v that they owe; the coin r of the fold."""
    rho = transcript.challenge("fold/rho")
    for name, value in zip(("cross", "error", "delta"), proof.fold):
        transcript.absorb_scalar(f"fold/{name}", value)
    r = transcript.challenge("fold/r")
    for value in proof.opened:
        transcript.absorb_scalar("open/pad", value)
    theta = transcript.challenge("open/theta")
    cross, error, delta = proof.fold
    joined = _Linear()
    for slot, weight in reduced.value.slots.items():
        joined.add(slot, weight)
    value = delta + r * reduced.value.at(proof.slots)
    q = _constraints_at_fold(checker.constraints, rho, r, proof, dict(zip(shape.opened, proof.opened)))
    for slot, weight in q.weights.items():
        joined.add(slot, theta * weight)
    joined.add(shape.slots, theta)
    value += theta * (error + r * cross - q.constant)
    power = theta
    for slot, pad in zip(shape.opened, proof.opened):
        power = power * theta % P
        joined.add(slot, power)
        value += power * pad
    return r, joined.weights, value % P


def _fold_rows(transcript, shape, proof, weights, reduced, value):
    """One row of weights f, the coefficient of each K_i, and v."""
    columns, count = shape.columns, 1 << shape.row_folds
    rows = [[0] * columns for _ in range(count)]
    for slot, weight in weights.items():
        rows[slot // columns][slot % columns] = weight
    rows[shape.pad_rows] = list(reduced.columns)
    points = [1] * count
    for j, (low, high) in enumerate(proof.row_folds):
        transcript.absorb_scalar(f"open/rows/{j}/low", low)
        transcript.absorb_scalar(f"open/rows/{j}/high", high)
        x = transcript.challenge(f"open/rows/{j}")
        half = len(rows) // 2
        rows = [[(x * a + b) % P for a, b in zip(rows[i], rows[half + i])] for i in range(half)]
        points = [w * (x if i & count >> j + 1 else 1) % P for i, w in enumerate(points)]
        value = (low + x * value + x * x * high) % P
    return rows[0], points, value


def _fold_columns(transcript, shape, proof, f):
    """Coefficients: of each generator, of K, of each point sent; and f folded."""
    generators_of, of_k, of_sent = [1] * shape.columns, 1, []
    for j, (low, high) in enumerate(proof.column_folds):
        transcript.absorb_point(f"open/columns/{j}/low", low)
        transcript.absorb_point(f"open/columns/{j}/high", high)
        x = transcript.challenge(f"open/columns/{j}")
        half = len(f) // 2
        f = [(x * a + b) % P for a, b in zip(f[:half], f[half:])]
        generators_of = [w * (1 if i & half else x) % P for i, w in enumerate(generators_of)]
        of_sent = [(w * x % P, point) for w, point in of_sent] + [(1, low), (x * x % P, high)]
        of_k = of_k * x % P
    return generators_of, of_k, of_sent, f


def check_opening(transcript, checker, reduced, shape, proof, committed):
    """Decides everything that the text left open, by one group equation."""
    r, weights, value = _join_claims(transcript, checker, reduced, shape, proof)
    f, of_rows, value = _fold_rows(transcript, shape, proof, weights, reduced, value)
    transcript.absorb_scalar("open/blinder", proof.blinder)
    chi = transcript.challenge("open/chi")
    generator_weights, of_k, terms, f = _fold_columns(transcript, shape, proof, f)
    for i in range(shape.pad_rows):
        terms += [(of_k * of_rows[i], proof.masks[i]), (of_k * of_rows[i] * r, proof.pads[i])]
    of_last = of_k * of_rows[shape.pad_rows] % P
    terms.append((of_last, proof.mask_row))
    terms += [(of_last * r % P * weight, committed[row]) for row, weight in reduced.rows.items()]
    terms.append((of_k * (chi * value - proof.blinder) - chi * inner(proof.left, f), H))
    for j, (weight, point) in enumerate(zip(generator_weights, generators(shape.columns))):
        terms.append((-weight * proof.left[j % len(proof.left)], point))
    require(multi_scalar(terms) is None, "open/rows")
