"""Veil: zero-knowledge proofs of what a machine-learning model decided.

    m = veil.setup(model, X_calibration, claim="score >= 0.75")
    proof = m.prove(X[0])
    verdict = m.verifier.verify(proof)

The model stays hidden unless `hidden=False`; the row always does. The words are those of the program `veil`, and so are
the files: what one saves, the other loads.
"""

from veil._core import set_threads
from veil._core import version as _version
from veil.errors import FalseClaim, InputError, KeyRejected, MissingExtra, SaturationWarning, VeilError
from veil.files import Proof, ProverKey, VerifierKey
from veil.model import Model, load, setup
from veil.results import Evaluation, Report, Statement, Verdict
from veil.verifier import Verifier

__version__: str = _version()
__all__ = [
    "Evaluation", "FalseClaim", "InputError", "KeyRejected", "MissingExtra", "Model", "Proof", "ProverKey", "Report",
    "SaturationWarning", "Statement", "VeilError", "Verdict", "Verifier", "VerifierKey", "load", "set_threads", "setup",
]
