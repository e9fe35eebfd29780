"""verifier.veil, the model key in it, and the model id (docs/format.md, sections 5, 6 and 8)."""

from typing import NamedTuple

from . import reader as write
from .circuit import Circuit, circuit_bytes, read_circuit
from .curve import GENERATORS_DIGEST, uncompressed
from .errors import require
from .keccak import keccak256
from .layout import make_layout
from .reader import Reader
from .registration import registration_circuit, registration_parts

VERSION = "veil/3/bn254/keccak256"
HIDDEN, PUBLIC_MODEL = 0, 1


class ModelKey(NamedTuple):
    circuit: Circuit
    circuit_digest: bytes
    log_columns: int
    visibility: int
    rows: tuple
    parts: tuple  # the registration circuit of each part
    proofs: tuple  # and the bytes of its argument
    id: bytes


def _registration_proofs(data, count):
    block = data.block()
    if count <= 1:
        require(count or not block.data, "format/trailing", "a registration of nothing")
        return (block.data,) * count
    proofs = tuple(block.block().data for _ in range(count))
    block.end()
    return proofs


def _model_id(digest, log_columns, rows, visibility, parts):
    out = write.text("veil/model/1") + write.text(VERSION) + digest + write.u32(log_columns) + GENERATORS_DIGEST
    out += write.u64(len(rows)) + b"".join(map(uncompressed, rows)) + write.u8(visibility)
    for part in parts or [registration_circuit([])]:
        out += keccak256(circuit_bytes(part))
    return keccak256(out)


def read_model_key(data):
    circuit, raw = read_circuit(data)
    log_columns, visibility = data.u32(), data.u8()
    require(1 <= log_columns <= 12, "format/limit", f"log_columns {log_columns}")
    require(visibility <= 1, "format/flag", f"visibility {visibility}")
    rows = tuple(data.point64() for _ in range(data.count(1 << 20, "model rows")))
    require(visibility == PUBLIC_MODEL or None not in rows, "format/identity", "a row of a hidden model")
    parts = tuple(map(registration_circuit, registration_parts(circuit, log_columns)))
    proofs = _registration_proofs(data, len(parts))
    data.end()
    digest = keccak256(raw)
    model_id = _model_id(digest, log_columns, rows, visibility, parts)
    return ModelKey(circuit, digest, log_columns, visibility, rows, parts, proofs, model_id)


def _section(data, name):
    require(data.text() == name, "format/section", name)
    return data.block()


def read_verifier_file(raw):
    data = Reader(raw)
    data.magic(b"veil/file/1")
    require(data.u8() == 2, "format/header", "not a verifier's key")
    model = _section(data, "model")
    _section(data, "graph")
    _section(data, "import")
    digest = keccak256(raw[: data.at])
    require(data.take(32) == digest, "format/checksum")
    data.end()
    return read_model_key(model)


def part_rows(key):
    """The rows of each part of the registration: consecutive rows of the model."""
    begin = 0
    for part in key.parts:
        count = make_layout(part, key.log_columns).rows[0]
        yield key.rows[begin : begin + count]
        begin += count
    require(begin == len(key.rows), "model/rows", f"{len(key.rows)} rows, {begin} registered")
