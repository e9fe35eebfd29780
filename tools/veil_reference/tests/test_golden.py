#!/usr/bin/env python3
"""Golden proofs (tests/golden/proofs): both verifiers accept them and say what was written down when they were made, and
reject each with any of its fields changed, by the same name.

    python3 tools/veil_reference/tests/test_golden.py --veil build/release/veil
"""

import argparse
import collections
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools"))

from veil_reference.errors import Rejected  # noqa: E402
from veil_reference.verify import VerifiedModel  # noqa: E402

PROOFS = ROOT / "tests" / "golden" / "proofs"
NAMES = sorted(folder.name for folder in PROOFS.iterdir() if folder.is_dir())
CONTEXT = "golden"
VEIL = None


def fields(name):
    """(label, offset, size) of every field of a proof, by the reader of docs/format.md."""
    shown = subprocess.run([sys.executable, ROOT / "tests/golden/read_proof.py", PROOFS / name / "verifier.veil",
                            PROOFS / name / "proof", "--context", CONTEXT], capture_output=True, text=True, check=True)
    for line in shown.stdout.splitlines():
        found = re.match(r" *(\d+) +(\d+)  ([^:]+)", line)
        if found:
            yield found.group(3), int(found.group(1)), int(found.group(2))


def changes(name):
    """A changed byte in the first, middle and last field of each kind; and in some of its messages."""
    kinds = collections.defaultdict(list)
    for label, offset, size in fields(name):
        kinds[re.sub(r"\d+", "#", label)].append((label, offset, size))
    for kind, of_kind in sorted(kinds.items()):
        step = 25 if kind == "slot[#]" else max(1, len(of_kind) - 1) if len(of_kind) < 3 else (len(of_kind) - 1) // 2
        for label, offset, size in of_kind[::step]:
            yield label, offset + size - 1


class Golden(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.changed = pathlib.Path(tempfile.mkdtemp(prefix="veil-golden-")) / "proof"

    def program_says(self, name, proof, context=CONTEXT):
        said = subprocess.run([VEIL, "verify", PROOFS / name / "verifier.veil", proof, "--context", context, "--json"],
                              capture_output=True, timeout=60)
        return json.loads(said.stdout)

    def reference_says(self, model, proof, context=CONTEXT):
        try:
            return None, model.verify(proof, context.encode())
        except Rejected as error:
            return error.name, None

    def test_both_accept_them_and_say_the_same(self):
        self.assertGreaterEqual(len(NAMES), 6)
        for name in NAMES:
            with self.subTest(name):
                written = json.loads((PROOFS / name / "statement.json").read_text())
                program = self.program_says(name, PROOFS / name / "proof")
                self.assertTrue(program["accepted"], program)
                self.assertEqual(program["statement"], written)
                model = VerifiedModel((PROOFS / name / "verifier.veil").read_bytes())
                reason, statement = self.reference_says(model, (PROOFS / name / "proof").read_bytes())
                self.assertIsNone(reason)
                for key in ("model_id", "claim", "model", "trust"):
                    self.assertEqual(statement[key], written[key], key)
                ours = [output["values"] for output in statement["outputs"]]
                self.assertEqual(ours, [output["values"] for output in written["outputs"]])

    def rejected_alike(self, name, model, proof, context=CONTEXT):
        self.changed.write_bytes(proof)
        program = self.program_says(name, self.changed, context)
        reason, _ = self.reference_says(model, proof, context)
        self.assertFalse(program["accepted"])
        self.assertIsNotNone(reason)
        self.assertEqual(reason, program["reason"])

    def test_every_field_counts(self):
        for name in ("claim", "revealed", "missing"):
            model = VerifiedModel((PROOFS / name / "verifier.veil").read_bytes())
            proof = (PROOFS / name / "proof").read_bytes()
            for label, at in changes(name):
                changed = bytearray(proof)
                changed[at] ^= 1
                with self.subTest(name, field=label, at=at):
                    self.rejected_alike(name, model, bytes(changed))

    def test_lengths_contexts_and_other_models_count(self):
        model = VerifiedModel((PROOFS / "claim" / "verifier.veil").read_bytes())
        proof = (PROOFS / "claim" / "proof").read_bytes()
        found = list(fields("claim"))
        rows = [(offset, size) for label, offset, size in found if label.startswith("row[")]
        (a, size), (b, _) = rows[0], rows[1]
        swapped = bytearray(proof)
        swapped[a:a + size], swapped[b:b + size] = proof[b:b + size], proof[a:a + size]
        zero = proof[:a] + bytes(size) + proof[a + size:]
        largest = proof[:a] + b"\xff" * size + proof[a + size:]
        for what, changed in (("shorter", proof[:-1]), ("longer", proof + b"\0"), ("empty", b""), ("half", proof[:len(proof) // 2]),
                              ("twice", proof + proof), ("rows swapped", bytes(swapped)), ("zero", zero), ("largest", largest)):
            with self.subTest(what):
                self.rejected_alike("claim", model, changed)
        with self.subTest("context"):
            self.rejected_alike("claim", model, proof, "another")
        with self.subTest("another model's"):
            self.rejected_alike("claim", model, (PROOFS / "revealed" / "proof").read_bytes())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--veil", required=True)
    arguments, rest = parser.parse_known_args()
    VEIL = pathlib.Path(arguments.veil).resolve()
    unittest.main(argv=[sys.argv[0], *rest])
