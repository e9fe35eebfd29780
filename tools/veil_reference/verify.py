"""Keys and proofs: docs/protocol/registration.md, docs/format.md, section 2."""

from math import prod

from .argument import prepare, verify_argument
from .circuit import PUBLIC, circuit_bytes
from .errors import Rejected, Unreadable, require
from .keccak import keccak256
from .key import model_id, read_verifier_file, split_registration
from .layout import layout_fits, make_layout
from .reader import Reader
from .registration import registration_circuit, registration_parts
from .statement import statement
from .validate import validate_circuit

REGISTRATION = b"veil/registration/1"
MAX_CONTEXT = 1 << 20


def _read_key(raw):
    try:
        return read_verifier_file(raw)
    except Rejected as error:
        raise Unreadable(str(error)) from error


class VerifiedModel:
    """A key whose circuit, id, rows and registration have been checked, in this order."""

    def __init__(self, raw, expected_id=None):
        self.key = key = _read_key(raw)
        self.pinned = expected_id is not None
        validate_circuit(key.circuit)
        fits = 1 <= key.log_columns <= 12 and layout_fits(key.circuit, key.log_columns)
        require(fits, "model/size", f"{key.log_columns} column bits")
        parts = [registration_circuit(part) for part in registration_parts(key.circuit, key.log_columns)]
        self.id = model_id(key, parts)
        require(expected_id in (None, self.id), "model/id", f"the key has id {self.id.hex()}")
        self.prepared = prepare(key.circuit, key.digest, key.log_columns)
        require(len(key.rows) == self.prepared.layout.rows[0], "model/rows", f"{len(key.rows)} rows")
        try:
            self._check_registration(parts)
        except Rejected as error:
            raise Rejected("model/registration", str(error)) from error

    def _check_registration(self, parts):
        key, begin = self.key, 0
        for circuit, proof in zip(parts, split_registration(key, len(parts)), strict=True):
            prepared = prepare(circuit, keccak256(circuit_bytes(circuit)), key.log_columns)
            rows = key.rows[begin : begin + prepared.layout.rows[0]]
            begin += len(rows)
            verify_argument(prepared, proof, rows, (), {}, REGISTRATION)
        require(begin == len(key.rows), "model/registration", "its parts are not all rows")

    def _read_public(self, data):
        tensors = self.key.circuit.tensors
        return {i: [data.i64() for _ in range(prod(tensors[i].shape))] for i in self.key.circuit.of_owner(PUBLIC)}

    def _check_public(self, public):
        for i, values in public.items():
            of = self.key.circuit.tensors[i]
            require(all(of.low <= value <= of.high for value in values), "statement/public", of.name)

    def verify(self, raw, context=b""):
        """The statement that the proof shows, as `veil verify --json` prints it; or Rejected."""
        data = Reader(raw)
        header = raw[:12] == b"veil/proof/1" and len(raw) >= 76
        require(header, "format/header", "not a proof of this version")
        data.take(12)
        require(data.take(32) == self.id, "statement/model", f"for model {raw[12:44].hex()}")
        require(data.take(32) == keccak256(context), "statement/context", "made for another context")
        public = self._read_public(data)
        inputs = data.points(self.prepared.layout.rows[1])
        require(len(context) <= MAX_CONTEXT, "statement/context", "too long")
        self._check_public(public)
        verify_argument(self.prepared, raw[data.at :], self.key.rows, inputs, public, context)
        return statement(self, public, context)


def verify_files(verifier, proof, context=b"", expected_id=None):
    with open(verifier, "rb") as file:
        model = VerifiedModel(file.read(), expected_id)
    with open(proof, "rb") as file:
        return model.verify(file.read(), context)


__all__ = ["Rejected", "Unreadable", "VerifiedModel", "make_layout", "verify_files"]
