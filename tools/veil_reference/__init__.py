"""An independent verifier of Veil's proofs, in plain Python, written from docs/format.md and docs/protocol.

    python -m veil_reference verifier.veil loan.proof --context "loan 17"

It shares no code with the C++ verifier and is there to disagree with it: slow, short, and close to the text.

It checks the structure of a key's circuit, the registration of the weights, the argument and the statement.
"""

from .errors import Rejected, Unreadable
from .verify import VerifiedModel, verify_files

__all__ = ["Rejected", "Unreadable", "VerifiedModel", "verify_files"]
