"""Tables, arrays and dictionaries of arrays as the core takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

from veil.errors import InputError

if TYPE_CHECKING:  # it takes half of the time to import; not everybody who imports veil has rows
    import numpy
    from numpy.typing import NDArray

    Rows = list[tuple[Optional[str], NDArray[numpy.float64]]]


def _numbers(values: Any, what: str) -> NDArray[numpy.float64]:
    import numpy
    try:
        array = numpy.ascontiguousarray(values, dtype=numpy.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{what} must hold numbers: {error}.") from None
    return array


def _is_table(data: Any) -> bool:
    return hasattr(data, "columns") and hasattr(data, "to_numpy")


def named_arrays(data: Any, what: str) -> Rows:
    """A dictionary has an array for each input of the model."""
    if isinstance(data, dict):
        return [(str(name), _numbers(values, f"{what} {name!r}")) for name, values in data.items()]
    return [(None, _numbers(data.to_numpy() if _is_table(data) else data, what))]


def column_names(data: Any) -> list[str]:
    """The names of a table's columns, where they are text."""
    names = list(data.columns) if _is_table(data) else []
    return names if all(isinstance(name, str) for name in names) else []


def by_column(data: Any, columns: list[str], what: str) -> Any:
    """A table, a row of one, or a dictionary of single numbers, in the order of the model's columns; anything else as
    it is. Columns that the model does not know are left out."""
    if _is_table(data):
        names = list(data.columns)
    elif hasattr(data, "to_numpy") and hasattr(data, "index"):  # pandas.Series
        names = list(data.index)
    elif isinstance(data, dict) and all(hasattr(value, "__float__") and not getattr(value, "shape", ())
                                        for value in data.values()):
        names = list(data)
    else:
        return data
    if not columns or names == columns or not names or not all(isinstance(name, str) for name in names):
        return data
    missing = [name for name in columns if name not in names]
    if missing:
        listed = ", ".join(repr(name) for name in missing[:5]) + (", ..." if len(missing) > 5 else "")
        raise InputError(f"{what} has no column {listed}; the model takes {len(columns)}: "
                         f"{', '.join(columns[:30])}{', ...' if len(columns) > 30 else ''}.")
    if isinstance(data, dict):
        return [data[name] for name in columns]
    return data[columns]


def one_row(data: Any, what: str) -> Rows:
    """A row: of one axis, a row of a table, or a batch of one."""
    if hasattr(data, "to_numpy") and not hasattr(data, "columns"):  # pandas.Series
        data = data.to_numpy()
    arrays = named_arrays(data, what)
    if isinstance(data, dict):
        return arrays
    (name, array), = arrays
    return [(name, array[None] if array.ndim == 1 else array)]


def rows_of(data: Any, what: str, batch: int = 1) -> list[Rows]:
    """The rows of a table or array, or of a dictionary of arrays, one after the other, or so many together."""
    arrays = named_arrays(data, what)
    lengths = {array.shape[0] if array.ndim else 0 for _, array in arrays}
    if len(lengths) != 1:
        raise InputError(f"{what} must have the same number of rows for every input.")
    length = lengths.pop()
    if length % batch:
        raise InputError(f"{what} has {length} rows, which make no whole batches of {batch}.")
    return [[(name, array[i:i + batch]) for name, array in arrays] for i in range(0, length, batch)]
