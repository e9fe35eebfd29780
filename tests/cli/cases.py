"""What tests of the command line share: running the program, a setup of the credit model."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CREDIT = ROOT / "examples" / "credit"
MODEL = CREDIT / "credit.onnx"
CALIBRATION = CREDIT / "calibration.csv"
APPLICANTS = CREDIT / "applicants.csv"
LABELLED = CREDIT / "applicants_labelled.csv"
CLAIM = "score >= 0.75"
CONTEXT = "loan 17"
DONE, REJECTED, BAD_INPUT = 0, 1, 2

VEIL = None  # set by main


def veil(*words, stdout=subprocess.PIPE, **options):
    return subprocess.run([VEIL, *map(str, words)], stdout=stdout, stderr=subprocess.PIPE, timeout=120, **options)


class CliCase(unittest.TestCase):
    """Runs the program and checks what every run must satisfy."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="veil-cli-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)

    def run_json(self, expected_code, *words, **options):
        result = veil(*words, "--json", **options)
        self.assertEqual(result.returncode, expected_code, result.stdout.decode() + result.stderr.decode())
        return json.loads(result.stdout)  # exactly one object, or this fails

    def run_text(self, expected_code, *words, **options):
        result = veil(*words, **options)
        self.assertEqual(result.returncode, expected_code, result.stdout.decode() + result.stderr.decode())
        return result.stdout.decode()

    def refuses(self, *words, says=None, **options):
        """Exit code 2, one sentence on stderr, nothing on stdout; with --json the same sentence as an object."""
        result = veil(*words, **options)
        sentence = result.stderr.decode()
        self.assertEqual(result.returncode, BAD_INPUT, sentence + result.stdout.decode())
        self.assertEqual(result.stdout, b"")
        lines = [line for line in sentence.splitlines() if not line.startswith("note: ")]
        self.assertEqual(len(lines), 1, sentence)
        self.assertRegex(lines[0], r"^veil: \S.*\.$")
        if says:
            self.assertIn(says.lower(), sentence.lower())
        as_json = self.run_json(BAD_INPUT, *words, **options)
        self.assertEqual(list(as_json), ["error"])
        return lines[0]

    def file(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    @classmethod
    def set_up_credit(cls, name, *more, claim=True):
        out = cls.folder / name
        words = ["setup", MODEL, "--calibrate", CALIBRATION, "--out", out, *more]
        if claim:
            words += ["--claim", CLAIM]
        result = veil(*words, "--json")
        if result.returncode != DONE:
            raise AssertionError(result.stdout.decode() + result.stderr.decode())
        return out, json.loads(result.stdout)

    @staticmethod
    def approved_and_refused(out, folder):
        """Rows of the applicants for which the claim is true, and false."""
        rows = {}
        for row in range(40):
            result = veil("prove", out / "prover.veil", "--input", APPLICANTS, "--row", row, "--out", folder / "try.proof")
            rows.setdefault(result.returncode, row)
            if DONE in rows and REJECTED in rows:
                return rows[DONE], rows[REJECTED]
        raise AssertionError(f"all applicants are alike: {rows}")


class WithCredit(CliCase):
    """A setup of the credit model and one proof, made once for the class."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.out, cls.setup_json = cls.set_up_credit("credit")
        cls.prover, cls.verifier = cls.out / "prover.veil", cls.out / "verifier.veil"
        cls.good_row, cls.bad_row = cls.approved_and_refused(cls.out, cls.folder)
        cls.proof = cls.folder / "loan.proof"
        result = veil("prove", cls.prover, "--input", APPLICANTS, "--row", cls.good_row, "--context", CONTEXT, "--out",
                      cls.proof, "--json")
        assert result.returncode == DONE, result
        cls.prove_json = json.loads(result.stdout)

    def verify_json(self, expected_code, *more, proof=None, context=CONTEXT):
        return self.run_json(expected_code, "verify", self.verifier, proof or self.proof, "--context", context, *more)
