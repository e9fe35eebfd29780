"""Keys and proofs: docs/protocol/registration.md, docs/format.md, section 2."""

from math import prod

from .argument import prepare, verify_argument
from .circuit import PUBLIC, circuit_bytes
from .errors import Rejected, require
from .keccak import keccak256
from .key import part_rows, read_verifier_file
from .reader import Reader

REGISTRATION = b"veil/registration/1"


class VerifiedModel:
    """A key whose circuit, rows, id and registration have been checked."""

    def __init__(self, raw, expected_id=None):
        self.key = key = read_verifier_file(raw)
        self.prepared = prepare(key.circuit, key.circuit_digest, key.log_columns)
        require(len(key.rows) == self.prepared.layout.rows[0], "model/rows", f"{len(key.rows)} rows")
        require(expected_id in (None, key.id), "model/id", key.id.hex())
        for circuit, proof, rows in zip(key.parts, key.proofs, part_rows(key), strict=True):
            prepared = prepare(circuit, keccak256(circuit_bytes(circuit)), key.log_columns)
            try:
                verify_argument(prepared, Reader(proof), rows, (), {}, REGISTRATION)
            except Rejected as error:
                raise Rejected("model/registration", str(error)) from error

    def _public(self, data):
        values = {}
        for tensor in self.key.circuit.of_owner(PUBLIC):
            of = self.key.circuit.tensors[tensor]
            values[tensor] = [data.i64() for _ in range(prod(of.shape))]
            inside = all(of.low <= value <= of.high for value in values[tensor])
            require(inside, "statement/public", of.name)
        return values

    def verify(self, raw, context):
        """The public values by tensor, or Rejected."""
        data = Reader(raw)
        data.magic(b"veil/proof/1")
        require(data.take(32) == self.key.id, "format/header", "another model")
        require(data.take(32) == keccak256(context), "format/header", "another context")
        public = self._public(data)
        inputs = [data.point() for _ in range(self.prepared.layout.rows[1])]
        rest = Reader(data.data[data.at :])
        verify_argument(self.prepared, rest, self.key.rows, inputs, public, context)
        return public


def verify_files(verifier, proof, context=b""):
    with open(verifier, "rb") as file:
        model = VerifiedModel(file.read())
    with open(proof, "rb") as file:
        return model.verify(file.read(), context)
