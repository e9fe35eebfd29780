"""The parts of a registration and their circuits, derived from the inference circuit (docs/format.md, section 6)."""

from math import prod

from .circuit import MODEL, WITNESS, Circuit, Expression, Lookup, Table, Tensor, View
from .field import bits_of
from .layout import cut_of, tensor_bits
from .tables import UNSIGNED

SLICE_BITS, PART_CELLS = 19, 1 << 22


def _slices(tensor, log_columns):
    """A tensor of whole rows, in pieces of about 2^19 cells along its first axis of more than one index."""
    bits = tensor_bits(tensor.shape)
    axis = next((i for i, length in enumerate(tensor.shape) if length > 1), None)
    if bits <= SLICE_BITS or axis is None or axis > cut_of(tensor.shape, log_columns)[0]:
        return [tensor]
    others, length = bits - bits_of(tensor.shape[axis]), tensor.shape[axis]
    step = 1 << max(0, SLICE_BITS - others, log_columns - others)
    least = 1 << max(0, log_columns - others)
    out, begin = [], 0
    while begin < length:
        size = min(step, length - begin)
        if length - begin - size < least:
            size = length - begin
        shape = (*tensor.shape[:axis], size, *tensor.shape[axis + 1 :])
        out.append(tensor._replace(name=f"{tensor.name}@{begin}", shape=shape))
        begin += size
    return out if len(out) > 1 else [tensor]


def registration_parts(circuit, log_columns):
    """For each part its tensors; no parts where the circuit has no model tensors."""
    model = [tensor for tensor in circuit.tensors if tensor.owner == MODEL]
    whole = [t for t in model if tensor_bits(t.shape) >= log_columns]
    small = [t for t in model if tensor_bits(t.shape) < log_columns]
    pieces = [[piece] for tensor in whole for piece in _slices(tensor, log_columns)] + ([small] if small else [])
    parts, cells = [], 0
    for together in pieces:
        size = sum(1 << tensor_bits(tensor.shape) for tensor in together)
        if not parts or cells + size >= PART_CELLS:
            parts.append([])
            cells = 0
        cells += size
        parts[-1] += together
    return [model] if len(parts) == 1 else parts


class _Builder:
    def __init__(self, tensors):
        self.tensors, self.tables, self.lookups = list(tensors), [], []
        many = sum(prod(t.shape) for t in tensors if (t.high - t.low).bit_length() > 8) >= 1 << 16
        self.limb_bits = 16 if many else 8
        for tensor in range(len(tensors)):
            self._range(tensor)

    def _whole(self, tensor):
        return View(tensor, tuple((((axis, 1),), 0) for axis in range(len(self.tensors[tensor].shape))))

    def _add(self, name, shape, high):
        self.tensors.append(Tensor(name, tuple(shape), 0, high, WITNESS))
        return len(self.tensors) - 1

    def _look_up(self, name, shape, bits, linear):
        tables = [table.parameters for table in self.tables]
        if (bits,) not in tables:
            counts = self._add(f"multiplicity/unsigned.{bits}", (1 << bits,), 0)
            self.tables.append(Table(UNSIGNED, (bits,), counts))
            tables.append((bits,))
        table = tables.index((bits,))
        self.lookups.append(Lookup(name, tuple(shape), len(shape), table, (Expression(tuple(linear)),)))

    def _limbs(self, name, shape, linear, bits):
        lowest = list(linear)
        most = self.limb_bits
        for number, shift in enumerate(range(most, bits, most), 1):
            width, limb = min(most, bits - shift), f"{name}.{number}"
            view = self._whole(self._add(limb, shape, (1 << width) - 1))
            self._look_up(limb, shape, width, [(1, view)])
            lowest.append((-(1 << shift), view))
        self._look_up(name + ".0", shape, min(most, bits), lowest)

    def _range(self, tensor):
        of = self.tensors[tensor]
        name, view, span = of.name + "/range", self._whole(tensor), of.high - of.low
        bits = max(1, span.bit_length())
        self._limbs(name, of.shape, [(1, view)] + ([(-of.low, None)] if of.low else []), bits)
        if span == 0 or span & span + 1:
            self._limbs(name + ".below", of.shape, [(of.high, None), (-1, view)], bits)


def registration_circuit(tensors):
    built = _Builder(tensors)
    return Circuit(tuple(built.tensors), tuple(built.tables), (), tuple(built.lookups), "")
