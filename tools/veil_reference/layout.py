"""Where each tensor lies in the committed matrix (docs/format.md, section 7)."""

from math import prod
from typing import NamedTuple

from .circuit import INPUT, MODEL, WITNESS
from .field import bits_of


class Place(NamedTuple):
    """Axes before `cut` are rows; those behind it columns; of the cut axis the low bits are columns."""

    row: int
    column: int  # other than 0 for a tensor that shares its row
    cut: int
    low_bits: int


class Layout(NamedTuple):
    places: dict  # by tensor
    rows: tuple  # how many rows of the model, the input, the witness
    log_columns: int

    @property
    def columns(self):
        return 1 << self.log_columns


def tensor_bits(shape):
    return sum(map(bits_of, shape))


def cut_of(shape, log_columns):
    """The axis of the row/column cut, and its low bits."""
    left, cut, low_bits = log_columns, len(shape), 0
    while left > 0 and cut > 0 and bits_of(shape[cut - 1]) <= left:
        cut -= 1
        low_bits = bits_of(shape[cut])
        left -= low_bits
    return (cut - 1, left) if left > 0 else (cut, low_bits)


def _place_whole(circuit, log_columns, tensors, places, row):
    for tensor in tensors:
        shape = circuit.tensors[tensor].shape
        cut, low_bits = cut_of(shape, log_columns)
        places[tensor] = Place(row, 0, cut, low_bits)
        row += prod(shape[:cut]) * -(-shape[cut] >> low_bits)
    return row


def _place_packed(circuit, log_columns, tensors, places, row):
    widths = {tensor: 1 << tensor_bits(circuit.tensors[tensor].shape) for tensor in tensors}
    column = 1 << log_columns
    for tensor in sorted(tensors, key=lambda t: -widths[t]):
        if column + widths[tensor] > 1 << log_columns:
            row, column = row + 1, 0
        places[tensor] = Place(row - 1, column, 0, 0)
        column += widths[tensor]
    return row


def layout_fits(circuit, log_columns):
    """At most 2^32 cells, padding included."""
    bits = [tensor_bits(tensor.shape) for tensor in circuit.tensors]
    return max(bits, default=0) <= 40 and sum(1 << max(b, log_columns) for b in bits) <= 1 << 32


def make_layout(circuit, log_columns):
    places, counts, row = {}, [], 0
    for owner in (MODEL, INPUT, WITNESS):
        begin, tensors = row, circuit.of_owner(owner)
        small = [t for t in tensors if tensor_bits(circuit.tensors[t].shape) < log_columns]
        whole = [t for t in tensors if t not in set(small)]
        row = _place_whole(circuit, log_columns, whole, places, row)
        row = _place_packed(circuit, log_columns, small, places, row)
        counts.append(row - begin)
    return Layout(places, tuple(counts), log_columns)
