from collections.abc import Callable, Sequence
from typing import Optional

import numpy
from numpy.typing import NDArray

Rows = Sequence[tuple[Optional[str], NDArray[numpy.float64]]]
Progress = Optional[Callable[[str, float], object]]

def version() -> str:
    """The version of the library, such as "0.1.0"."""

def set_threads(threads: int) -> None:
    """At most so many threads for all work of the process; 0: as many as the machine has."""

def set_up(
    onnx: bytes, rows: Rows, choices: Sequence[tuple[str, str]], progress: Progress
) -> tuple[int, str, tuple[bytes, bytes, bytes, bytes]]: ...
def open_prover(key: bytes) -> tuple[int, str, Prover]: ...
def open_verifier(key: bytes, model_id: Optional[str]) -> tuple[int, str, Verifier]: ...

class Prover:
    @property
    def model_id(self) -> str: ...
    def prove(self, row: Rows, bound_to: bytes, progress: Progress) -> tuple[int, str, tuple[bytes, bytes]]: ...
    def evaluate(self, rows: Rows) -> tuple[int, str, bytes]: ...

class Verifier:
    @property
    def model_id(self) -> str: ...
    def verify(self, proof: bytes, bound_to: bytes) -> tuple[int, str, bytes]: ...
    def verify_many(self, proofs: Sequence[tuple[bytes, bytes]]) -> tuple[int, str, bytes]: ...
