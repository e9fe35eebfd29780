"""The contents of tables, from their parameters alone (docs/protocol/circuit.md, docs/semantics.md)."""

from functools import lru_cache

from .circuit import SIGNED, UNSIGNED
from .errors import require


@lru_cache(maxsize=None)
def table_columns(table):
    return _columns(table.kind, table.parameters)


@lru_cache(maxsize=None)
def _columns(kind, parameters):
    if kind in (UNSIGNED, SIGNED):
        require(len(parameters) == 1 and 1 <= parameters[0] <= 12, "circuit/table", str(parameters))
    if kind == UNSIGNED:
        return (tuple(range(1 << parameters[0])),)
    if kind == SIGNED:
        half = 1 << parameters[0] - 1
        return tuple(range(-half, half)), tuple(int(v < 0) for v in range(-half, half))
    raise NotImplementedError
