"""The circuit language (docs/protocol/circuit.md) and its bytes (docs/format.md, section 4)."""

from math import prod
from typing import NamedTuple

from . import reader as write
from .errors import require
from .tables import arity, is_known

MAGIC = b"veil/circuit/1"
MODEL, INPUT, WITNESS, PUBLIC = range(4)
MAX_ELEMENTS, MAX_CONSTANT, MAX_STRIDE = 1 << 28, 1 << 60, 1 << 28


class Meaning(NamedTuple):
    text: str
    unit: str
    labels: tuple
    scales: tuple


class Tensor(NamedTuple):
    name: str
    shape: tuple
    low: int
    high: int
    owner: int
    meaning: Meaning | None = None


class Table(NamedTuple):
    kind: int
    parameters: tuple
    multiplicity: int


class View(NamedTuple):
    tensor: int
    axes: tuple  # for each axis of the tensor: (((axis of the domain, coefficient), ...), offset)


class Product(NamedTuple):
    coefficient: int
    left: tuple
    right: tuple


class Expression(NamedTuple):
    linear: tuple  # a form: pairs (coefficient, View or None), None being the constant 1
    products: tuple = ()


class Identity(NamedTuple):
    name: str
    extent: tuple
    box_rank: int
    expression: Expression


class Lookup(NamedTuple):
    name: str
    extent: tuple
    box_rank: int
    table: int
    entries: tuple


class Circuit(NamedTuple):
    tensors: tuple
    tables: tuple
    identities: tuple
    lookups: tuple
    claim: str

    def of_owner(self, owner):
        return [i for i, tensor in enumerate(self.tensors) if tensor.owner == owner]


# --------------------------------------------------------------------------------------------------------- reading


def _bounded(value, most, what):
    require(abs(value) <= most, "format/limit", f"{what} {value}")
    return value


def _shape(data, most, what):
    shape = data.list(most)
    require(all(1 <= length for length in shape) and prod(shape) <= MAX_ELEMENTS, "format/limit", f"{what} {shape}")
    return shape


def _meaning(data):
    head = data.text(), data.text()
    labels = tuple(data.text() for _ in range(data.count(MAX_ELEMENTS, "labels")))
    return Meaning(*head, labels, tuple(data.i32() for _ in range(data.count(MAX_ELEMENTS, "scales"))))


def _tensor(data):
    name, shape = data.text(), _shape(data, 8, "shape")
    low, high, owner = _bounded(data.i64(), MAX_CONSTANT, "low"), _bounded(data.i64(), MAX_CONSTANT, "high"), data.u8()
    require(low <= high and owner <= PUBLIC, "format/tensor", name)
    tensor = Tensor(name, shape, low, high, owner, _meaning(data) if data.flag() else None)
    if tensor.meaning:
        labels, scales = len(tensor.meaning.labels), len(tensor.meaning.scales)
        fits = (not labels or prod(shape) % labels == 0) and scales and prod(shape) % scales == 0
        require(fits, "format/tensor", f"labels or scales of {name}")
    return tensor


def _index(data, rank):
    terms = []
    for _ in range(data.count(16, "terms of an index")):
        axis, coefficient = data.u32(), _bounded(data.i64(), MAX_STRIDE, "stride")
        require(axis < rank, "format/view", f"axis {axis}")
        terms.append((axis, coefficient))
    return tuple(terms), _bounded(data.i64(), MAX_STRIDE, "offset")


def _view(data, tensors, rank):
    if not data.flag():
        return None
    tensor, axes = data.u32(), data.u32()
    require(tensor < len(tensors) and axes == len(tensors[tensor].shape), "format/view", f"tensor {tensor}")
    return View(tensor, tuple(_index(data, rank) for _ in range(axes)))


def _form(data, tensors, rank):
    return tuple((_bounded(data.i64(), MAX_CONSTANT, "coefficient"), _view(data, tensors, rank))
                 for _ in range(data.count(4096, "terms")))


def _expression(data, tensors, rank):
    linear = _form(data, tensors, rank)
    products = tuple(Product(_bounded(data.i64(), MAX_CONSTANT, "coefficient"), _form(data, tensors, rank),
                             _form(data, tensors, rank)) for _ in range(data.count(4096, "products")))
    return Expression(linear, products)


def _domain(data):
    name, extent = data.text(), _shape(data, 16, "domain")
    box_rank = data.count(len(extent), "axes of a box")
    return name, extent, box_rank


def _identity(data, tensors):
    head = _domain(data)
    return Identity(*head, _expression(data, tensors, len(head[1])))


def _lookup(data, tensors, tables):
    head, table = _domain(data), data.u32()
    require(table < len(tables), "format/lookup", head[0])
    count = data.count(8, "entries")
    require(count == arity(tables[table]), "format/lookup", f"{count} entries")
    entries = tuple(_expression(data, tensors, len(head[1])) for _ in range(count))
    return Lookup(*head, table, entries)


def _table(data, tensors):
    table = Table(data.u8(), data.list(16), data.u32())
    require(is_known(table) and table.multiplicity < len(tensors), "format/table", str(table))
    return table


def read_circuit(data):
    """A circuit and the bytes that it was read from."""
    begin = data.at
    data.magic(MAGIC)
    tensors = tuple(_tensor(data) for _ in range(data.count(1 << 16, "tensors")))
    tables = tuple(_table(data, tensors) for _ in range(data.count(256, "tables")))
    identities = tuple(_identity(data, tensors) for _ in range(data.count(1 << 16, "identities")))
    lookups = tuple(_lookup(data, tensors, tables) for _ in range(data.count(1 << 16, "lookups")))
    return Circuit(tensors, tables, identities, lookups, data.text()), data.data[begin : data.at]


# --------------------------------------------------------------------------------------------------------- writing


def _form_bytes(form):
    out = write.u32(len(form))
    for coefficient, view in form:
        out += write.i64(coefficient) + write.u8(view is not None)
        if view is not None:
            out += write.u32(view.tensor) + write.u32(len(view.axes))
            for terms, offset in view.axes:
                out += write.u32(len(terms)) + b"".join(write.u32(axis) + write.i64(c) for axis, c in terms)
                out += write.i64(offset)
    return out


def _expression_bytes(expression):
    out = _form_bytes(expression.linear) + write.u32(len(expression.products))
    for product in expression.products:
        out += write.i64(product.coefficient) + _form_bytes(product.left) + _form_bytes(product.right)
    return out


def _tensor_bytes(tensor):
    out = write.text(tensor.name) + write.numbers(tensor.shape) + write.i64(tensor.low) + write.i64(tensor.high)
    out += write.u8(tensor.owner) + write.u8(tensor.meaning is not None)
    if tensor.meaning:
        meaning = tensor.meaning
        out += write.text(meaning.text) + write.text(meaning.unit)
        out += write.u32(len(meaning.labels)) + b"".join(map(write.text, meaning.labels))
        out += write.u32(len(meaning.scales)) + b"".join(s.to_bytes(4, "big", signed=True) for s in meaning.scales)
    return out


def _domain_bytes(constraint):
    return write.text(constraint.name) + write.numbers(constraint.extent) + write.u32(constraint.box_rank)


def circuit_bytes(circuit):
    out = [MAGIC, write.u32(len(circuit.tensors)), *map(_tensor_bytes, circuit.tensors), write.u32(len(circuit.tables))]
    for table in circuit.tables:
        out.append(write.u8(table.kind) + write.numbers(table.parameters) + write.u32(table.multiplicity))
    out.append(write.u32(len(circuit.identities)))
    out += [_domain_bytes(one) + _expression_bytes(one.expression) for one in circuit.identities]
    out.append(write.u32(len(circuit.lookups)))
    for one in circuit.lookups:
        out.append(_domain_bytes(one) + write.u32(one.table) + write.u32(len(one.entries)))
        out += map(_expression_bytes, one.entries)
    return b"".join(out) + write.text(circuit.claim)
