"""The structural validator (docs/protocol/circuit.md): the first rule that fails names the rejection."""

from collections import Counter
from math import prod

from .circuit import INPUT, PUBLIC, WITNESS
from .determined import Determined
from .errors import require
from .ranges import Ranges, constraints_of, tensors_in
from .tables import table_rows
from .weights import axes_of

MAX_TABLE_ROWS, MAX_ELEMENTS, MAX_READS = 1 << 21, 1 << 32, 1 << 22


def _expressions(circuit):
    for one in circuit.identities:
        yield one, one.expression
    for one in circuit.lookups:
        for entry in one.entries:
            yield one, entry


def _views(expression):
    for form in [expression.linear, *(side for p in expression.products for side in (p.left, p.right))]:
        yield from (view for _, view in form if view)


def _check_tables(circuit, counts):
    require(sum(map(table_rows, circuit.tables)) <= MAX_TABLE_ROWS, "circuit/table", "too many rows")
    require(len(set(counts)) == len(counts), "circuit/table", "multiplicities of two tables")
    for table in circuit.tables:
        of = circuit.tensors[table.multiplicity]
        require(of.owner == WITNESS and of.shape == (table_rows(table),), "circuit/table", of.name)
    for one, expression in _expressions(circuit):
        require(not tensors_in(expression).keys() & set(counts), "circuit/table", one.name)


def _check_views(circuit):
    for one, expression in _expressions(circuit):
        for view in _views(expression):
            axes = axes_of(view)
            require(len(set(axes)) == len(axes), "circuit/view", one.name)
            for terms, _ in view.axes:
                require(all(coefficient for _, coefficient in terms), "circuit/view", one.name)
                reads = prod(one.extent[axis] for axis, _ in terms)
                require(len(terms) < 2 or reads <= MAX_READS, "circuit/view", one.name)


def validate_circuit(circuit):
    counts = [table.multiplicity for table in circuit.tables]
    _check_tables(circuit, counts)
    for one in (*circuit.identities, *circuit.lookups):
        require(prod(one.extent) <= MAX_ELEMENTS, "circuit/size", one.name)
    _check_views(circuit)
    for tensor in circuit.tensors:
        require(tensor.meaning or tensor.owner not in (INPUT, PUBLIC), "circuit/input", tensor.name)
    for name, times in Counter(tensor.name for tensor in circuit.tensors).items():
        require(times == 1, "circuit/name", name)
    checked = [i for i in range(len(circuit.tensors)) if i not in set(counts)]
    ranges = Ranges(circuit)
    for i in checked:
        of, proven = circuit.tensors[i], ranges.known.get(i)
        require(proven and of.low <= proven[0] and proven[1] <= of.high, "circuit/range", of.name)
    for one, expression, _ in constraints_of(circuit):
        require(ranges.of_expression(expression, one), "circuit/wrap", one.name)
    determined = Determined(circuit, ranges).known
    for i in checked:
        require(i in determined, "circuit/free", circuit.tensors[i].name)
