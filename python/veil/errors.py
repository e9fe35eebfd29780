"""Exceptions; their texts are the sentences of the program."""

from __future__ import annotations

from typing import TypeVar

_Result = TypeVar("_Result")


class VeilError(Exception):
    """Every error of this package."""


class InputError(VeilError, ValueError):
    """A model, key, row or option that cannot be used; the sentence says what was wrong and what to do."""


class FalseClaim(VeilError):
    """The claim does not hold for this row, so there is no proof. The sentence tells the output: it is the owner's."""


class KeyRejected(VeilError):
    """The verifier's key failed a check, which the sentence names: its model cannot be trusted."""


class SaturationWarning(UserWarning):
    """Elements of a row were outside of the range seen at setup; the proof is about what they were cut to."""


class MissingExtra(VeilError, ImportError):
    """A converter that is not installed; the sentence says what to install."""


_REJECTED, _NO_MEMORY, _INTERNAL = 1, 4, 5


def checked(answer: tuple[int, str, _Result], rejected: type[VeilError] = FalseClaim) -> _Result:
    """The result of an answer (code, sentence, result), or its exception."""
    code, sentence, result = answer
    if code == 0:
        return result
    if code == _REJECTED:
        raise rejected(sentence)
    if code == _NO_MEMORY:
        raise MemoryError(sentence)
    if code == _INTERNAL:
        raise VeilError(f"An error of Veil's own, please report it: {sentence}")
    raise InputError(sentence)
