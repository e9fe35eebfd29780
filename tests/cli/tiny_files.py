"""Small model and data files for tests, written byte by byte: no packages needed."""

import io
import struct
import zipfile


def _varint(value):
    out = b""
    while True:
        out += bytes([value & 127 | (128 if value > 127 else 0)])
        value >>= 7
        if not value:
            return out


def _number(field, value):
    return _varint(field << 3) + _varint(value)


def _bytes(field, value):
    value = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _tensor_type(shape):
    dims = b"".join(_bytes(1, _bytes(2, d) if isinstance(d, str) else _number(1, d)) for d in shape)
    return _bytes(1, _number(1, 1) + _bytes(2, dims))


def _value_info(name, shape):
    return _bytes(1, name) + _bytes(2, _tensor_type(shape))


def constant(name, shape, values):
    dims = b"".join(_number(1, d) for d in shape)
    return dims + _number(2, 1) + _bytes(8, name) + _bytes(9, struct.pack(f"<{len(values)}f", *values))


def node(op, inputs, outputs, name):
    return (b"".join(_bytes(1, i) for i in inputs) + b"".join(_bytes(2, o) for o in outputs) + _bytes(3, name)
            + _bytes(4, op))


def onnx_model(nodes, inputs, outputs, constants=()):
    """inputs, outputs: {name: shape}; nodes and constants from the functions above."""
    graph = b"".join(_bytes(1, n) for n in nodes) + _bytes(2, "tiny") + b"".join(_bytes(5, c) for c in constants)
    graph += b"".join(_bytes(11, _value_info(n, s)) for n, s in inputs.items())
    graph += b"".join(_bytes(12, _value_info(n, s)) for n, s in outputs.items())
    return _number(1, 8) + _bytes(8, _bytes(1, "") + _number(2, 13)) + _bytes(7, graph)


def npy(shape, values, descr="<f4"):
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {tuple(shape)!r}, }}"
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    kind = {"<f4": "f", "<f8": "d", "<i8": "q"}[descr]
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack(f"<{len(values)}{kind}", *values)


def npz(arrays):
    """arrays: {name: npy bytes}"""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in arrays.items():
            archive.writestr(name + ".npy", data)
    return out.getvalue()
