"""verifier.veil, the model key in it, and the model id (docs/format.md, sections 5, 6 and 8)."""

from typing import NamedTuple

from . import reader as write
from .circuit import Circuit, circuit_bytes, read_circuit
from .curve import GENERATORS_DIGEST, uncompressed
from .errors import require
from .keccak import keccak256
from .reader import Reader
from .registration import registration_circuit

VERSION = "veil/3/bn254/keccak256"
HIDDEN, PUBLIC_MODEL = 0, 1


class ModelKey(NamedTuple):
    circuit: Circuit
    digest: bytes  # of the circuit
    log_columns: int
    visibility: int
    rows: tuple
    registration: bytes


def read_model_key(data):
    circuit, raw = read_circuit(data)
    log_columns, visibility = data.u32(), data.u8()
    require(visibility <= 1, "format/flag", f"visibility {visibility}")
    rows = tuple(data.point64() for _ in range(data.count(1 << 28, "model rows")))
    require(visibility == PUBLIC_MODEL or None not in rows, "format/identity", "a row of a hidden model")
    registration = data.block().data
    data.end()
    return ModelKey(circuit, keccak256(raw), log_columns, visibility, rows, registration)


def model_id(key, parts):
    """`parts`: the registration circuits."""
    out = write.text("veil/model/1") + write.text(VERSION) + key.digest + write.u32(key.log_columns)
    out += GENERATORS_DIGEST + write.u64(len(key.rows)) + b"".join(map(uncompressed, key.rows))
    out += write.u8(key.visibility)
    for part in parts or [registration_circuit([])]:
        out += keccak256(circuit_bytes(part))
    return keccak256(out)


def split_registration(key, count):
    """The bytes of the argument of each part."""
    if count == 0:
        require(not key.registration, "model/registration", "not expected")
    if count <= 1:
        return [key.registration] * count
    data = Reader(key.registration)
    proofs = [data.block().data for _ in range(count)]
    data.end()
    return proofs


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
