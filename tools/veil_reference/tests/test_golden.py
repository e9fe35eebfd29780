#!/usr/bin/env python3
"""Golden proofs (tests/golden/proofs): both verifiers accept them and say what was written down when they were made, and
reject each with any of its fields changed, by the same name.

    python3 tools/veil_reference/tests/test_golden.py --veil build/release/veil
"""

import argparse
import collections
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools"))

from veil_reference.errors import Rejected, Unreadable  # noqa: E402
from veil_reference.keccak import keccak256  # noqa: E402
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
    """A changed byte at the beginning and the end of the first and last field of each kind; and in some of its messages."""
    kinds = collections.defaultdict(list)
    for label, offset, size in fields(name):
        kinds[re.sub(r"\d+", "#", label)].append((label, offset, size))
    for kind, of_kind in sorted(kinds.items()):
        for label, offset, size in of_kind[::40] if kind == "slot[#]" else {of_kind[0], of_kind[-1]}:
            yield label, offset
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
                self.assertEqual(statement, written)

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

    def test_any_byte_of_a_key_counts(self):
        raw, proof = ((PROOFS / "claim" / name).read_bytes() for name in ("verifier.veil", "proof"))
        coins = random.Random(11)
        key = self.changed.with_name("verifier.veil")
        for change in range(20):
            changed = bytearray(raw)
            changed[coins.randrange(len(raw))] ^= 1 << coins.randrange(8)
            changed[-32:] = keccak256(bytes(changed[:-32]))  # so that more than the checksum has to tell
            key.write_bytes(changed)
            said = subprocess.run([VEIL, "verify", key, PROOFS / "claim" / "proof", "--context", CONTEXT, "--json"],
                                  capture_output=True, timeout=60)
            try:
                self.assertIsNotNone(VerifiedModel(bytes(changed)))
                reason, _ = self.reference_says(VerifiedModel(bytes(changed)), proof)
            except Rejected as error:
                reason = error.name
            except Unreadable:
                reason = "unreadable"
            with self.subTest(change=change):
                program = "unreadable" if said.returncode == 2 else json.loads(said.stdout)["reason"]
                if reason is None or program is None:
                    self.assertEqual(reason, program)  # only what no verifier looks at: the graph, the import

    def test_the_command_refuses_an_empty_model_id(self):
        said = subprocess.run([sys.executable, "-m", "veil_reference", PROOFS / "claim" / "verifier.veil",
                               PROOFS / "claim" / "proof", "--context", CONTEXT, "--model-id", ""],
                              capture_output=True, text=True, cwd=ROOT / "tools")
        self.assertEqual(said.returncode, 2)
        self.assertIn("64 hex digits", said.stderr)

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
