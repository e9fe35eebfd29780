"""The files of the program `veil`, as bytes: keys and proofs."""

from __future__ import annotations

import os
import pathlib
import tempfile
from typing import TypeVar, Union

Path = Union[str, "os.PathLike[str]"]
_Self = TypeVar("_Self", bound="_File")


def write_file(path: Path, content: bytes, secret: bool = False) -> None:
    """All of the file or nothing of it; a secret one is the owner's to read alone."""
    path = pathlib.Path(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # readable by its owner alone
    try:
        with open(handle, "wb") as file:
            file.write(content)
        if not secret:
            os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


class _File(bytes):
    """Bytes with a short repr, of a file of the program's."""

    __slots__ = ()
    _what = "File"
    _secret = False

    def __repr__(self) -> str:
        return f"<{self._what} of {len(self):,} bytes>"

    __str__ = __repr__

    def save(self, path: Path) -> None:
        """Writes the file that the program reads: all of it or nothing. OSError where it cannot be written."""
        write_file(path, self, self._secret)

    @classmethod
    def load(cls: type[_Self], path: Path) -> _Self:
        """Reads a file as it is; what uses the bytes checks them. OSError where it cannot be read."""
        return cls(pathlib.Path(path).read_bytes())


class ProverKey(_File):
    """The bytes of prover.veil. Secret where the model is hidden: it holds the weights. Its repr tells the size alone."""

    __slots__ = ()
    _what = "secret prover's key"
    _secret = True


class VerifierKey(_File):
    """The bytes of verifier.veil: for everybody."""

    __slots__ = ()
    _what = "verifier's key"


class Proof(_File):
    """The bytes of a proof: for everybody who may know its statement."""

    __slots__ = ()
    _what = "proof"
