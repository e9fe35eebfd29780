#!/usr/bin/env python3
"""The reference verifier and the program say the same of honest and of changed proofs.

    python3 tools/veil_reference/tests/test_reference.py --veil build/release/veil
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools"))

from veil_reference.errors import Rejected, Unreadable  # noqa: E402
from veil_reference.key import read_verifier_file  # noqa: E402
from veil_reference.registration import registration_circuit, registration_parts  # noqa: E402
from veil_reference.validate import validate_circuit  # noqa: E402
from veil_reference.verify import VerifiedModel  # noqa: E402

CREDIT = ROOT / "examples" / "credit"
DIGITS = ROOT / "bench" / "models"
# Data of setup, and to prove.
APPLICANTS = (CREDIT / "calibration.csv", CREDIT / "applicants.csv")
DATA = {"wide weights": (DIGITS / "mnist_rows.npy", DIGITS / "mnist_rows.npy"),
        "wide limbs": (CREDIT / "calibration.csv", None)}  # its rows, twice
# name: model, options of setup
MODELS = {
    "claim": (CREDIT / "credit.onnx", ["--claim", "score >= 0.5"]),
    "revealed": (CREDIT / "credit.onnx", ["--bits", "12"]),
    "public": (CREDIT / "credit.onnx", ["--model", "public", "--claim", "score >= 0.5"]),
    "batch": (CREDIT / "credit.onnx", ["--batch", "8", "--claim", "count(score >= 0.5) >= 1"]),
    # Limbs of 16 bits: in the registration, and in the proof.
    "wide weights": (DIGITS / "mnist_mlp.onnx", []),
    "wide limbs": (CREDIT / "credit.onnx", ["--bits", "16", "--batch", "1000", "--claim", "count(score >= 0.5) >= 1"]),
    "trees": (ROOT / "examples" / "trees" / "xgboost.onnx", ["--claim", "probabilities[1] >= 0.5"]),
}
CONTEXT = "loan 17"
VEIL = None


def veil(*words):
    return subprocess.run([VEIL, *map(str, words)], capture_output=True, timeout=120)


class Reference(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="veil-reference-"))
        for name, (model, options) in MODELS.items():
            out = cls.folder / name
            seen, given = DATA.get(name, APPLICANTS)
            made = veil("setup", model, "--calibrate", seen, *options, "--out", out)
            assert made.returncode == 0, made.stderr
            made = veil("prove", out / "prover.veil", "--input", given or cls.twice(seen), "--row", 0, "--context", CONTEXT, "--out",
                        out / "proof")
            assert made.returncode == 0, made.stderr

    @classmethod
    def twice(cls, table):
        head, *rows = table.read_text().splitlines()
        path = cls.folder / "twice.csv"
        path.write_text("\n".join([head, *rows, *rows]) + "\n")
        return path

    def files(self, name):
        return (self.folder / name / "verifier.veil").read_bytes(), (self.folder / name / "proof").read_bytes()

    def program_says(self, name, proof):
        path = self.folder / "changed.proof"
        path.write_bytes(proof)
        said = json.loads(veil("verify", self.folder / name / "verifier.veil", path, "--context", CONTEXT, "--json").stdout)
        return said["accepted"]

    def test_honest_proofs_are_accepted(self):
        for name in MODELS:
            with self.subTest(name):
                key, proof = self.files(name)
                said = VerifiedModel(key).verify(proof, CONTEXT.encode())
                program = json.loads(veil("verify", self.folder / name / "verifier.veil", self.folder / name / "proof",
                                          "--context", CONTEXT, "--json").stdout)["statement"]
                self.assertEqual(said["claim"], program["claim"])
                self.assertEqual(said["model_id"], program["model_id"])

    def test_limbs_are_wide_where_there_are_many(self):
        self.assertIn(16, self.bits_of_tables(read_verifier_file(self.files("wide limbs")[0]).circuit))
        for name, most in (("wide weights", 16), ("claim", 8)):
            key = read_verifier_file(self.files(name)[0])
            parts = [registration_circuit(part) for part in registration_parts(key.circuit, key.log_columns)]
            self.assertEqual(max(max(self.bits_of_tables(part)) for part in parts), most)

    @staticmethod
    def bits_of_tables(circuit):
        return [table.parameters[0] for table in circuit.tables]

    def test_changed_proofs_are_rejected_by_both(self):
        coins = random.Random(7)
        for name, changes in (("claim", 60), ("revealed", 20), ("trees", 10), ("wide weights", 4), ("wide limbs", 10)):
            key, proof = self.files(name)
            model = VerifiedModel(key)
            for change in range(changes):
                changed = bytearray(proof)
                changed[coins.randrange(len(proof))] ^= 1 << coins.randrange(8)
                with self.subTest(name, change=change), self.assertRaises(Rejected):
                    model.verify(bytes(changed), CONTEXT.encode())
                if change < 10:
                    self.assertFalse(self.program_says(name, bytes(changed)))
            for bad in (proof[:-1], proof + b"\0", proof[:100], b""):
                with self.assertRaises(Rejected):
                    model.verify(bad, CONTEXT.encode())
            with self.assertRaises(Rejected):
                model.verify(proof, b"loan 18")

    def test_circuits_that_lack_a_constraint_are_rejected(self):
        """But for the claim's own: without it, it is a circuit of another claim."""
        for name in ("claim", "wide limbs", "trees"):
            circuit = read_verifier_file(self.files(name)[0]).circuit
            for kind in ("lookups", "identities"):
                constraints = getattr(circuit, kind)
                for i, constraint in enumerate(constraints):
                    fewer = circuit._replace(**{kind: constraints[:i] + constraints[i + 1:]})
                    if constraint.name.startswith("claim_"):
                        continue
                    with self.subTest(name, constraint=constraint.name), self.assertRaises(Rejected):
                        validate_circuit(fewer)

    def test_changed_keys_are_rejected_or_another_model(self):
        key, proof = self.files("claim")
        coins = random.Random(8)
        for change in range(20):
            changed = bytearray(key)
            changed[coins.randrange(len(key))] ^= 1 << coins.randrange(8)
            with self.subTest(change=change), self.assertRaises((Rejected, Unreadable)):
                VerifiedModel(bytes(changed)).verify(proof, CONTEXT.encode())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--veil", required=True)
    arguments, rest = parser.parse_known_args()
    VEIL = pathlib.Path(arguments.veil).resolve()
    unittest.main(argv=[sys.argv[0], *rest])
