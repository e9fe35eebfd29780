"""Those who check proofs."""

import json

from veil import _core
from veil.errors import InputError, KeyRejected, checked
from veil.results import Statement, Verdict, VerifierKey


def context_bytes(context):
    if isinstance(context, str):
        return context.encode()
    if isinstance(context, (bytes, bytearray, memoryview)):
        return bytes(context)
    raise InputError(f"What a proof is bound to must be text or bytes, not {type(context).__name__}.")


class Verifier:
    """A verifier's key, checked once for many proofs. Several threads may use it at once.

    `model_id`: the only model that is accepted, 64 hex digits; the owner publishes it.
    """

    def __init__(self, key, model_id=None):
        if not isinstance(key, (bytes, bytearray, memoryview)):
            raise InputError(f"A verifier's key is bytes, not {type(key).__name__}; a file is read by Verifier.load.")
        self.key = VerifierKey(key)
        self._pinned = model_id
        self._core = checked(_core.open_verifier(bytes(self.key), model_id), rejected=KeyRejected)

    @classmethod
    def load(cls, path, model_id=None):
        return cls(VerifierKey.load(path), model_id)

    def save(self, path):
        self.key.save(path)

    @property
    def model_id(self):
        return self._core.model_id

    def verify(self, proof, context=""):
        """The verdict. `context` must be what the proof was made with, such as a loan's number."""
        if not isinstance(proof, (bytes, bytearray, memoryview)):
            raise InputError(f"A proof is bytes, not {type(proof).__name__}; a file is read by Proof.load.")
        code, sentence, statement = self._core.verify(bytes(proof), context_bytes(context))
        if code == 1:
            return Verdict(False, sentence, None)
        return Verdict(True, "", Statement(json.loads(checked((code, sentence, statement)))))

    def __reduce__(self):
        return Verifier, (self.key, self._pinned)

    def __repr__(self):
        return f"<Verifier of model {self.model_id[:12]}...>"
