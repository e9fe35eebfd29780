"""Those who check proofs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Optional, Union

from veil import _core
from veil.errors import InputError, KeyRejected, checked
from veil.files import Path, VerifierKey
from veil.results import Statement, Verdict

Bytes = Union[bytes, bytearray, memoryview]
Context = Union[str, Bytes]


def context_bytes(context: Context) -> bytes:
    """What a proof is bound to, as bytes; text as UTF-8."""
    if isinstance(context, str):
        return context.encode()
    if isinstance(context, (bytes, bytearray, memoryview)):
        return bytes(context)
    raise InputError(f"What a proof is bound to must be text or bytes, not {type(context).__name__}.")


def proof_bytes(proof: Any) -> bytes:
    """A proof, as bytes."""
    if isinstance(proof, (bytes, bytearray, memoryview)):
        return bytes(proof)
    raise InputError(f"A proof is bytes, not {type(proof).__name__}; a file is read by Proof.load.")


def verdict_of(said: dict[str, Any]) -> Verdict:
    """What the library says of a proof among many."""
    if said["accepted"]:
        return Verdict(True, "", Statement(said["statement"]))
    return Verdict(False, said["reason"], None)


def contexts_of(context: Any, count: int, what: str) -> list[Context]:
    """One for each of so many."""
    bound = list(context) if isinstance(context, (list, tuple)) else [context] * count
    if len(bound) != count:
        raise InputError(f"There are {count} {what} and {len(bound)} things to bind their proofs to.")
    return bound


class Verifier:
    """A verifier's key, checked once for many proofs. Several threads may use it at once.

    Args:
        key: the bytes of verifier.veil.
        model_id: the only model that is accepted, 64 hex digits; the owner publishes it.

    Raises:
        KeyRejected: a check of the key failed, or it is of another model.
        InputError: these are not the bytes of a key, or the id is none.
    """

    key: VerifierKey
    """the bytes of verifier.veil"""

    def __init__(self, key: Bytes, model_id: Optional[str] = None) -> None:
        if not isinstance(key, (bytes, bytearray, memoryview)):
            raise InputError(f"A verifier's key is bytes, not {type(key).__name__}; a file is read by Verifier.load.")
        self.key = VerifierKey(key)
        self._pinned = model_id
        self._core = checked(_core.open_verifier(bytes(self.key), model_id), rejected=KeyRejected)

    @classmethod
    def load(cls, path: Path, model_id: Optional[str] = None) -> Verifier:
        """A verifier from the file verifier.veil. OSError where it cannot be read; else as the class."""
        return cls(VerifierKey.load(path), model_id)

    def save(self, path: Path) -> None:
        """Writes verifier.veil: all of it or nothing. OSError where it cannot be written."""
        self.key.save(path)

    @property
    def model_id(self) -> str:
        """64 hex digits that name the model."""
        return self._core.model_id

    def verify(self, proof: Bytes, context: Context = "") -> Verdict:
        """The verdict on a proof; any bytes have one.

        Args:
            proof: the bytes of a proof.
            context: what the proof was made with, such as a loan's number; another one is rejected.

        Raises:
            InputError: the proof is not bytes, or the context neither text nor bytes.
        """
        code, sentence, statement = self._core.verify(proof_bytes(proof), context_bytes(context))
        if code == 1:
            return Verdict(False, sentence, None)
        return Verdict(True, "", Statement(json.loads(checked((code, sentence, statement)))))

    def verify_many(self, proofs: Iterable[Bytes], context: Union[Context, list[Context]] = "") -> list[Verdict]:
        """A verdict for each proof, in order, as `verify` gives it, in less time than one by one.

        Args:
            proofs: the bytes of proofs.
            context: one for all, or a list with one for each.

        Raises:
            InputError: a proof is not bytes, a context neither text nor bytes, or there are not as many as proofs.
        """
        if isinstance(proofs, (bytes, bytearray, memoryview)) or not isinstance(proofs, Iterable):
            raise InputError(f"Many proofs are a list, not {type(proofs).__name__}; one is checked by verify.")
        parts = [proof_bytes(proof) for proof in proofs]
        bound = [context_bytes(one) for one in contexts_of(context, len(parts), "proofs")]
        code, sentence, verdicts = self._core.verify_many(list(zip(parts, bound)))
        said = json.loads(checked((0 if code == 1 else code, sentence, verdicts)))
        return [verdict_of(one) for one in said]

    def __reduce__(self) -> tuple[type[Verifier], tuple[VerifierKey, Optional[str]]]:
        return Verifier, (self.key, self._pinned)

    def __repr__(self) -> str:
        return f"<Verifier of model {self.model_id[:12]}...>"
