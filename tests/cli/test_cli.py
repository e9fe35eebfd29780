#!/usr/bin/env python3
"""The command line, from outside: main path, bad input, tampering, exit codes, files.

    python3 tests/cli/test_cli.py --veil build/release/veil [unittest arguments]

Only Python's standard library; the programs and examples/credit are all it needs. All test_*.py of this folder run.
"""

import argparse
import csv
import json
import os
import pathlib
import re
import resource
import signal
import stat
import struct
import subprocess
import sys
import time
import unittest

import cases
import tiny_files
from cases import (APPLICANTS, BAD_INPUT, CALIBRATION, CLAIM, CONTEXT, CREDIT, DONE, LABELLED, MODEL, REJECTED, ROOT, CliCase,
                   WithCredit, veil)
from test_newcomers import *  # noqa: F401,F403
from test_own_words import *  # noqa: F401,F403
from test_mistakes import *  # noqa: F401,F403
from test_explain import *  # noqa: F401,F403
from test_doctor import *  # noqa: F401,F403: unittest finds tests in this module


class MainPath(WithCredit):
    def test_setup_says_what_the_issue_asks(self):
        for key in ("model_id", "cpu_ms", "wall_ms", "peak_rss_bytes", "prover_bytes", "verifier_bytes"):
            self.assertIn(key, self.setup_json)
        self.assertRegex(self.setup_json["model_id"], "^[0-9a-f]{64}$")
        self.assertEqual(self.setup_json["prover_bytes"], self.prover.stat().st_size)
        self.assertEqual(self.setup_json["verifier_bytes"], self.verifier.stat().st_size)

    def test_setup_writes_four_files_and_secrets_for_the_owner_only(self):
        self.assertEqual(sorted(os.listdir(self.out)), ["graph.json", "prover.veil", "report.json", "verifier.veil"])
        self.assertEqual(stat.S_IMODE(self.prover.stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE((self.out / "report.json").stat().st_mode), 0o600)
        self.assertNotEqual(stat.S_IMODE(self.verifier.stat().st_mode) & 0o044, 0)

    def test_report_lists_operators_tensors_and_cost(self):
        report = json.loads((self.out / "report.json").read_text())
        self.assertEqual([o["op"] for o in report["operators"]],
                         ["einsum", "einsum", "einsum", "function"])
        for tensor in report["tensors"]:
            self.assertLess(tensor["integer_range"][0], tensor["integer_range"][1])
            self.assertIn("scale_log2", tensor)
        self.assertEqual(report["predicted_cost"]["proof_bytes"], self.setup_json["proof_bytes"])
        self.assertEqual(report["a_proof_makes_public"]["revealed_outputs"], [])

    def test_integers_decide_as_the_float_model_does(self):
        self.assertGreaterEqual(self.setup_json["agreement"], 0.99)
        evaluation = self.run_json(DONE, "evaluate", self.prover, "--data", LABELLED, "--labels", "repaid")
        for key in ("rows", "max_abs_error", "mean_abs_error", "agreement", "accuracy"):
            self.assertIn(key, evaluation)
        self.assertEqual(evaluation["rows"], 200)
        self.assertGreaterEqual(evaluation["agreement"], 0.99)
        self.assertLess(evaluation["mean_abs_error"], 0.01)
        self.assertGreater(evaluation["accuracy"], 0.7)
        self.assertAlmostEqual(evaluation["accuracy"], evaluation["float_accuracy"], delta=0.02)

    def test_evaluate_without_labels(self):
        evaluation = self.run_json(DONE, "evaluate", self.prover, "--data", APPLICANTS)
        self.assertIsNone(evaluation["accuracy"])

    def test_a_key_without_the_model_file(self):
        small, _ = self.set_up_credit("without_model", "--without-model")
        key = small / "prover.veil"
        self.assertLess(key.stat().st_size, self.prover.stat().st_size)
        proof = self.folder / "without_model.proof"
        self.run_json(DONE, "prove", key, "--input", APPLICANTS, "--row", self.good_row, "--out", proof)
        self.run_json(DONE, "verify", small / "verifier.veil", proof)
        self.refuses("evaluate", key, "--data", APPLICANTS, says="--model")
        self.run_json(DONE, "evaluate", key, "--data", APPLICANTS, "--model", MODEL)
        self.refuses("evaluate", key, "--data", APPLICANTS, "--model", APPLICANTS)

    def test_report_of_an_evaluation(self):
        folder = self.folder / "evaluation"
        words = ("evaluate", self.prover, "--data", LABELLED, "--labels", "repaid")
        plain = self.run_json(DONE, *words)
        printed = self.run_json(DONE, *words, "--report", folder, "--calibrate", CALIBRATION)
        report = json.loads((folder / "evaluation.json").read_text())
        self.assertEqual(printed.pop("report"), report)
        self.assertEqual(printed, plain)
        self.assertEqual(report["summary"], plain)
        for key in ("confusion_with_float", "confusion_with_labels"):
            self.assertEqual(sum(map(sum, report[key])), plain["rows"])
        right = sum(row[i] for i, row in enumerate(report["confusion_with_labels"]))
        self.assertAlmostEqual(right / plain["rows"], plain["accuracy"])
        self.assertEqual([one["bits"] for one in report["bits_tried"]], [8, 10, 12, 14, 16])
        self.assertAlmostEqual(sum(step["estimated_share"] for step in report["cost"]), 1)
        self.assertTrue(report["tensors"] and report["advice"])
        page = (folder / "evaluation.html").read_text()
        self.assertNotRegex(page, r"<(script|img|link|iframe)[^>]*\s(src|href)=")  # nothing from outside
        data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL).group(1)
        self.assertEqual(json.loads(data), report)
        self.refuses(*words, "--calibrate", CALIBRATION, says="--report")

    def test_prove_says_what_the_issue_asks(self):
        for key in ("proof_bytes", "online_ms", "offline_ms", "peak_rss_bytes", "threads"):
            self.assertIn(key, self.prove_json)
        for part in ("online_ms", "offline_ms"):
            self.assertGreater(self.prove_json[part]["cpu"], 0)
            self.assertGreater(self.prove_json[part]["wall"], 0)
        self.assertEqual(self.prove_json["proof_bytes"], self.proof.stat().st_size)
        self.assertEqual(self.prove_json["proof_bytes"], self.setup_json["proof_bytes"])  # as predicted
        self.assertLessEqual(self.prove_json["proof_bytes"], 40_000)

    def test_profile_of_a_proof(self):
        """All phases are there, take time, and add up to no more than was measured around them."""
        path = self.folder / "prove-profile.json"
        said = self.run_json(DONE, "prove", self.prover, "--input", APPLICANTS, "--row", self.good_row, "--out",
                             self.folder / "profiled.proof", "--threads", 1, "--profile", path)
        profile = json.loads(path.read_text())
        self.assertEqual(profile, said["profile"])
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assertEqual(list(profile["phases_ms"]), ["key", "input", "witness", "commit", "pads", "statement", "lookup",
                                                      "einsum", "columns", "fold", "open", "write"])
        for clock in ("cpu", "wall"):
            times = {name: phase[clock] for name, phase in profile["phases_ms"].items()}
            self.assertTrue(all(time > 0 for time in times.values()), times)
            self.assertAlmostEqual(sum(times.values()), profile["total_ms"][clock], places=6)
            argument = sum(times[name] for name in ("witness", "commit", "statement", "lookup", "einsum", "columns", "fold",
                                                 "open"))
            self.assertLessEqual(argument, 1.05 * said["online_ms"][clock] + 1 + times["input"])
        for size in ("weights", "inputs", "witness", "lookups", "leaves", "model_rows", "rows", "columns", "slots"):
            self.assertGreater(profile["sizes"][size], 0)
        self.assertGreaterEqual(profile["sizes"]["leaves"], profile["sizes"]["lookups"])
        self.assertEqual(profile["sizes"]["inputs"], 20)
        self.assertEqual(profile["threads"], 1)
        self.assertIn(profile["cpu_level"], ("portable", "adx", "ifma"))
        self.assertNotIn("profile", self.prove_json)

    def test_profile_of_a_setup(self):
        path = self.folder / "setup-profile.json"
        _, made = self.set_up_credit("profiled", "--profile", path)
        profile = json.loads(path.read_text())
        self.assertEqual(profile, made["profile"])
        self.assertIn("committing the weights", profile["phases_ms"])
        self.assertNotIn("done", profile["phases_ms"])

    def test_profile_is_no_proof(self):
        same = self.folder / "same.file"
        self.refuses("prove", self.prover, "--input", APPLICANTS, "--out", same, "--profile", same, says="same file")
        self.assertFalse(same.exists())

    def test_proofs_of_one_thread_and_of_two(self):
        for threads in (1, 2):
            proof = self.folder / f"threads-{threads}.proof"
            said = self.run_json(DONE, "prove", self.prover, "--input", APPLICANTS, "--row", self.good_row, "--context",
                                 CONTEXT, "--out", proof, "--threads", threads)
            self.assertEqual(said["threads"], threads)
            self.verify_json(DONE, "--threads", threads, proof=proof)

    def test_verify_accepts_and_states(self):
        verdict = self.verify_json(DONE)
        for key in ("accepted", "reason", "statement", "cpu_ms", "wall_ms", "load_ms"):
            self.assertIn(key, verdict)
        self.assertIs(verdict["accepted"], True)
        self.assertIsNone(verdict["reason"])
        statement = verdict["statement"]
        self.assertEqual(statement["model_id"], self.setup_json["model_id"])
        self.assertEqual(statement["context"], CONTEXT)
        self.assertIn("0.75", statement["claim"])
        self.assertEqual(statement["outputs"], [])
        self.assertEqual(statement["model"], "hidden")
        self.assertEqual(statement["trust"], "given")
        self.assertEqual(len(statement["inputs"][0]["labels"]), 20)
        text = self.run_text(DONE, "verify", self.verifier, self.proof, "--context", CONTEXT)
        for word in ("ACCEPTED", self.setup_json["model_id"], "0.75", CONTEXT, "hidden"):
            self.assertIn(word, text)

    def test_two_proofs_of_the_same_row_differ(self):
        again = self.folder / "again.proof"
        self.run_text(DONE, "prove", self.prover, "--input", APPLICANTS, "--row", self.good_row, "--context", CONTEXT,
                      "--out", again)
        self.assertNotEqual(again.read_bytes(), self.proof.read_bytes())
        self.verify_json(DONE, proof=again)

    def test_pinned_id(self):
        self.assertEqual(self.verify_json(DONE, "--model-id", self.setup_json["model_id"])["statement"]["trust"], "pinned")
        self.assertEqual(self.verify_json(REJECTED, "--model-id", "00" * 32)["reason"], "model/id")
        self.refuses("verify", self.verifier, self.proof, "--model-id", "12ab", says="64 hex digits")

    def test_a_false_claim_is_refused_with_a_sentence(self):
        path = self.folder / "false.proof"
        words = ["prove", self.prover, "--input", APPLICANTS, "--row", self.bad_row, "--out", path]
        refusal = self.run_json(REJECTED, *words)
        self.assertIs(refusal["proven"], False)
        self.assertEqual(refusal["reason"], "claim/false")
        self.assertIn("false for this row", self.run_text(REJECTED, *words))
        self.assertFalse(path.exists())

    def test_the_row_is_0_by_default_with_a_note(self):
        words = ["prove", self.prover, "--input", APPLICANTS, "--out", self.folder / "default.proof"]
        result = veil(*words)
        self.assertIn(b"note: ", result.stderr)

    def test_inspect(self):
        self.assertEqual(self.run_json(DONE, "inspect", self.verifier)["model_id"], self.setup_json["model_id"])
        self.assertEqual(self.run_json(DONE, "inspect", self.prover)["file"], "prover")
        self.assertEqual(self.run_json(DONE, "inspect", self.proof)["model_id"], self.setup_json["model_id"])
        self.assertEqual(self.run_json(DONE, "inspect", self.out / "graph.json")["file"], "graph")
        self.refuses("inspect", CALIBRATION, says="none of Veil's")

    def test_every_byte_is_where_the_format_says(self):
        """An independent reader, written from docs/format.md alone, accounts for all bytes of keys and proof."""
        reader = [sys.executable, ROOT / "tests" / "golden" / "read_proof.py", "--summary"]
        for files in ([self.verifier], [self.prover], [self.verifier, self.proof, "--context", CONTEXT]):
            result = subprocess.run([*map(str, reader + files)], capture_output=True, text=True, timeout=120)
            self.assertEqual(result.returncode, 0, result.stdout[-500:] + result.stderr)
            self.assertIn("accounted for", result.stdout)
        damaged = self.folder / "damaged.proof"
        damaged.write_bytes(self.proof.read_bytes() + b"\0")
        result = subprocess.run([*map(str, reader + [self.verifier, damaged])], capture_output=True, timeout=120)
        self.assertEqual(result.returncode, 1)

    def test_audit_of_a_hidden_model(self):
        accepted = self.run_json(DONE, "audit", self.verifier, self.out / "graph.json")
        self.assertIs(accepted["accepted"], True)
        self.assertEqual(accepted["model_id"], self.setup_json["model_id"])
        self.assertIn("not compared", self.run_text(DONE, "audit", self.verifier, MODEL))
        other, _ = self.set_up_credit("other-claim", "--claim", "score >= 0.5", claim=False)
        self.assertEqual(self.run_json(REJECTED, "audit", self.verifier, other / "graph.json")["reason"], "audit/circuit")
        graph = (self.out / "graph.json").read_text()
        self.refuses("audit", self.verifier, self.file("broken.json", graph[:-20]), says="quantised graph")

    def test_help_and_version(self):
        self.assertRegex(self.run_text(DONE, "--version"), r"^veil \d+\.\d+\.\d+\n$")
        self.assertIn("veil setup", self.run_text(DONE, "--help"))
        for command in ("setup", "prove", "verify", "evaluate", "audit", "inspect"):
            self.assertIn("Example", self.run_text(DONE, command, "--help"))

    def test_usage_errors(self):
        self.refuses()
        self.refuses("frobnicate")
        self.refuses("verify", self.verifier)
        self.refuses("prove", self.prover, "--input", APPLICANTS, "--row", "-1", "--out", self.folder / "x.proof")
        self.refuses("prove", self.prover, "--input", APPLICANTS, "--threads", "0", "--out", self.folder / "x.proof")
        self.refuses("verify", self.verifier, self.proof, "--no-such-flag")


class OtherSetups(CliCase):
    def test_public_model_is_audited_by_anybody(self):
        out, made = self.set_up_credit("public", "--model", "public")
        _, again = self.set_up_credit("public-again", "--model", "public")
        self.assertEqual(made["model_id"], again["model_id"])
        audit = self.run_json(DONE, "audit", out / "verifier.veil", MODEL)
        self.assertIs(audit["accepted"], True)
        self.assertEqual(audit["model_id"], made["model_id"])
        # One weight of the file changed: the same architecture, another model.
        data = bytearray(MODEL.read_bytes())
        name = data.rindex(b"weight_2") + len("weight_2")
        self.assertEqual(data[name], 9 << 3 | 2)  # raw_data, then its length in two bytes
        data[name + 3 : name + 7] = struct.pack("<f", 0.125)
        other = self.file("other.onnx", bytes(data))
        self.assertEqual(self.run_json(REJECTED, "audit", out / "verifier.veil", other)["reason"], "audit/id")

    def test_hidden_models_have_fresh_ids(self):
        self.assertNotEqual(self.set_up_credit("one")[1]["model_id"], self.set_up_credit("two")[1]["model_id"])

    def test_missing_values_where_trees_take_them(self):
        out, proof = self.folder / "missing", self.folder / "missing.proof"
        header, *lines = CALIBRATION.read_text().splitlines()
        knocked = [",".join("" if (row + column) % 9 == 0 else cell for column, cell in enumerate(line.split(",")))
                   for row, line in enumerate(lines)]
        rows = self.file("missing.csv", "\n".join([header, *knocked]) + "\n")
        model = ROOT / "examples" / "trees" / "xgboost.onnx"
        self.run_json(DONE, "setup", model, "--calibrate", rows, "--bits", "16", "--out", out)
        for row in (0, 5):
            self.run_json(DONE, "prove", out / "prover.veil", "--input", rows, "--row", row, "--out", proof)
            self.run_json(DONE, "verify", out / "verifier.veil", proof)
        self.assertEqual(self.run_json(DONE, "evaluate", out / "prover.veil", "--data", rows)["agreement"], 1)
        self.run_json(DONE, "audit", out / "verifier.veil", model)
        # Not where setup saw none missing, and not where the model calculates.
        self.run_json(DONE, "setup", model, "--calibrate", CALIBRATION, "--out", out)
        self.refuses("prove", out / "prover.veil", "--input", rows, "--out", proof, says="the cell is empty")
        self.refuses("setup", MODEL, "--calibrate", rows, "--out", out, says="the cell is empty")

    def test_padded_trees(self):
        forest, out = ROOT / "examples/trees/forest.onnx", self.folder / "padded"
        options = ["--calibrate", CALIBRATION, "--bits", 12, "--claim", "probabilities[1] >= 0.01", "--out", out]
        padding = ["--pad-trees", 60, "--pad-leaves", 128]
        self.run_json(DONE, "setup", forest, *options, *padding)
        proof = self.folder / "padded.proof"
        self.run_json(DONE, "prove", out / "prover.veil", "--input", APPLICANTS, "--row", 0, "--out", proof)
        self.run_json(DONE, "verify", out / "verifier.veil", proof)
        said = self.run_json(DONE, "evaluate", out / "prover.veil", "--data", LABELLED, "--labels", "repaid")
        self.assertEqual(said["agreement"], 1)
        self.run_json(DONE, "audit", out / "verifier.veil", forest, *padding)
        self.run_json(REJECTED, "audit", out / "verifier.veil", forest)
        self.refuses("setup", MODEL, *options, *padding, says="no ensemble of trees")
        self.refuses("setup", forest, *options, "--pad-trees", 2, says="more than 2")
        self.refuses("setup", forest, *options, *padding, "--model", "public", says="to be public")
        self.refuses("setup", forest, *options, *padding, "--without-model", says="without the model file")

    def test_a_claim_about_a_batch_of_rows(self):
        out, claim = self.folder / "batch", "count(score >= 0.5) >= 20 and mean(score) > 0.2 and all(score >= 0.0001)"
        self.run_json(DONE, "setup", MODEL, "--calibrate", CALIBRATION, "--batch", 64, "--claim", claim, "--out", out)
        proof = self.folder / "batch.proof"
        self.run_json(DONE, "prove", out / "prover.veil", "--input", APPLICANTS, "--row", 100, "--out", proof)
        statement = self.run_json(DONE, "verify", out / "verifier.veil", proof)["statement"]
        self.assertIn("of 64 rows", statement["claim"])
        self.assertEqual(statement["inputs"][0]["elements"], 64 * 20)
        self.assertEqual(statement["inputs"][0]["labels"][0], "limit_bal")
        self.refuses("prove", out / "prover.veil", "--input", APPLICANTS, "--row", 137, "--out", proof,
                     says="has 63 from row 137")
        said = self.run_json(DONE, "evaluate", out / "prover.veil", "--data", LABELLED, "--labels", "repaid")
        self.assertEqual(said["rows"], 192)
        self.assertGreater(said["agreement"], 0.99)
        self.run_json(DONE, "audit", out / "verifier.veil", MODEL)
        self.assertTrue(self.run_json(DONE, "inspect", out / "graph.json")["claim"].startswith("count"))

    def test_a_false_claim_about_a_batch_is_refused(self):
        out = self.folder / "batch-false"
        self.run_json(DONE, "setup", MODEL, "--calibrate", CALIBRATION, "--batch", 64, "--claim",
                      "count(score >= 0.5) >= 63", "--out", out)
        said = self.run_json(REJECTED, "prove", out / "prover.veil", "--input", APPLICANTS, "--out",
                             self.folder / "no.proof")
        self.assertEqual(said["reason"], "claim/false")
        self.assertIn("these rows", said["sentence"])

    def test_without_a_claim_the_output_is_revealed(self):
        out, made = self.set_up_credit("reveal", claim=False)
        proof = self.folder / "reveal.proof"
        self.run_json(DONE, "prove", out / "prover.veil", "--input", APPLICANTS, "--row", 0, "--out", proof)
        statement = self.run_json(DONE, "verify", out / "verifier.veil", proof)["statement"]
        self.assertIsNone(statement["claim"])
        self.assertEqual(made["proof_bytes"], proof.stat().st_size)
        (output,) = statement["outputs"]
        self.assertEqual(output["name"], "score")
        self.assertEqual(output["values"], [output["integers"][0] * 2.0 ** output["scale_log2"][0]])
        self.assertTrue(0 < output["values"][0] < 1)
        # The stated value is where the format says: after magic and two digests. Another value is another statement.
        data = bytearray(proof.read_bytes())
        data[12 + 64 + 7] ^= 1
        self.run_json(REJECTED, "verify", out / "verifier.veil", self.file("other-value.proof", bytes(data)))

    def test_formats_agree(self):
        out, _ = self.set_up_credit("formats", claim=False)
        with APPLICANTS.open() as file:
            rows = [[float(x) for x in row] for row in list(csv.reader(file))[1:4]]
        flat = [x for row in rows for x in row]
        array = tiny_files.npy((3, 20), flat)
        files = [
            self.file("rows.npy", array),
            self.file("rows3d.npy", tiny_files.npy((3, 1, 20), flat, "<f8")),
            self.file("rows.npz", tiny_files.npz({"applicant": array})),
            self.file("list.json", json.dumps(rows)),
            self.file("rows.json", json.dumps({"input_data": rows})),
            APPLICANTS,
        ]
        values = []
        for path in files:
            proof = self.folder / "format.proof"
            self.run_json(DONE, "prove", out / "prover.veil", "--input", path, "--row", 1, "--out", proof)
            values.append(self.run_json(DONE, "verify", out / "verifier.veil", proof)["statement"]["outputs"][0]["integers"])
        self.assertEqual(values, [values[0]] * len(files))

    def test_bits(self):
        for bits in (8, 12, 16):
            self.assertEqual(self.set_up_credit(f"bits{bits}", "--bits", bits)[1]["bits"], bits)

    def test_classes_and_argmax(self):
        model = ROOT / "bench" / "models" / "mnist_mlp.onnx"
        rows = ROOT / "bench" / "models" / "mnist_rows.npy"
        if not model.exists():
            self.skipTest("no mnist_mlp.onnx")
        out = self.folder / "digits"
        classes = "zero,one,two,three,four,five,six,seven,eight,nine"
        self.run_json(DONE, "setup", model, "--calibrate", rows, "--classes", classes, "--claim", 'argmax == "seven"',
                      "--out", out)
        codes = [veil("prove", out / "prover.veil", "--input", rows, "--row", row, "--out", self.folder / f"{row}.proof").returncode
                 for row in range(20)]
        self.assertEqual(set(codes), {DONE, REJECTED})
        row = codes.index(DONE)
        self.run_json(DONE, "verify", out / "verifier.veil", self.folder / f"{row}.proof")


class ManyProofs(WithCredit):
    """`veil verify VERIFIER PROOF...`: a verdict each, together."""

    def verify_many(self, expected_code, *proofs, context=CONTEXT, verifier=None):
        return self.run_json(expected_code, "verify", verifier or self.verifier, *proofs, "--context", context)

    def spoiled(self, name):
        data = bytearray(self.proof.read_bytes())
        data[-1] ^= 1  # the blinder of the error: a group equation fails
        return self.file(name, bytes(data))

    def test_all_accepted(self):
        alone = self.verify_json(DONE)
        verdict = self.verify_many(DONE, self.proof, self.proof, self.proof)
        self.assertIs(verdict["accepted"], True)
        self.assertEqual(verdict["accepted_proofs"], 3)
        self.assertEqual(len(verdict["proofs"]), 3)
        for one in verdict["proofs"]:
            self.assertIs(one["accepted"], True)
            self.assertEqual(one["statement"], alone["statement"])
            self.assertEqual(one["proof_bytes"], self.proof.stat().st_size)
        text = self.run_text(DONE, "verify", self.verifier, self.proof, self.proof, "--context", CONTEXT)
        self.assertIn("2 of 2 proofs accepted", text)
        self.assertEqual(text.count("ACCEPTED  "), 2)

    def test_one_rejected_is_named_and_the_others_stay(self):
        bad = self.spoiled("bad.proof")
        verdict = self.verify_many(REJECTED, self.proof, bad, self.proof)
        self.assertIs(verdict["accepted"], False)
        self.assertEqual([one["accepted"] for one in verdict["proofs"]], [True, False, True])
        self.assertEqual(verdict["proofs"][1]["reason"], "open/rows")
        self.assertIsNone(verdict["proofs"][1]["statement"])
        text = self.run_text(REJECTED, "verify", self.verifier, self.proof, bad, "--context", CONTEXT)
        self.assertIn("1 of 2 proofs accepted", text)
        self.assertRegex(text, r"REJECTED  .*bad\.proof  open/rows")

    def test_the_context_is_of_all(self):
        verdict = self.verify_many(REJECTED, self.proof, self.proof, context="loan 18")
        self.assertEqual([one["reason"] for one in verdict["proofs"]], ["statement/context"] * 2)

    def test_a_bad_key_rejects_all(self):
        verdict = self.run_json(REJECTED, "verify", self.verifier, self.proof, self.proof, "--model-id", "00" * 32)
        self.assertEqual([one["reason"] for one in verdict["proofs"]], ["model/id"] * 2)

    def test_a_missing_file_is_no_verdict(self):
        self.refuses("verify", self.verifier, self.proof, self.folder / "missing.proof", says="missing.proof")


class Tampering(WithCredit):
    def rejected(self, data):
        verdict = self.verify_json(REJECTED, proof=self.file("tampered.proof", bytes(data)))
        self.assertIs(verdict["accepted"], False)
        self.assertIsNone(verdict["statement"])
        self.assertRegex(verdict["reason"], r"^[a-z0-9_]+(/[a-z0-9_.]+)+$")
        return verdict["reason"]

    def test_every_byte_of_the_header_and_every_97th(self):
        proof = self.proof.read_bytes()
        reasons = set()
        for at in sorted({*range(96), *range(0, len(proof), 97), len(proof) - 1}):
            data = bytearray(proof)
            data[at] ^= 1 << at % 8
            reasons.add(self.rejected(data))
        self.assertLessEqual({"format/header", "statement/model", "statement/context"}, reasons)

    def test_truncation_and_extension(self):
        proof = self.proof.read_bytes()
        for size in (0, 1, 11, 12, 44, 76, 77, 1000, len(proof) // 2, len(proof) - 32, len(proof) - 1):
            self.rejected(proof[:size])
        self.rejected(proof + b"\0")
        self.rejected(proof + proof)
        self.rejected(b"")
        self.rejected(b"hello, I am a proof")

    def test_swapped_parts(self):
        proof = self.proof.read_bytes()
        self.rejected(proof[:76] + proof[108:140] + proof[76:108] + proof[140:])

    def test_another_context(self):
        self.assertEqual(self.verify_json(REJECTED, context="loan 18")["reason"], "statement/context")
        self.assertEqual(self.run_json(REJECTED, "verify", self.verifier, self.proof)["reason"], "statement/context")
        self.assertIn("REJECTED: statement/context", self.run_text(REJECTED, "verify", self.verifier, self.proof))

    def test_another_model_and_another_claim(self):
        for name, more in (("again", ["--claim", CLAIM]), ("lower", ["--claim", "score >= 0.5"]), ("reveal", [])):
            other, _ = self.set_up_credit(name, *more, claim=False)
            verdict = self.run_json(REJECTED, "verify", other / "verifier.veil", self.proof, "--context", CONTEXT)
            self.assertEqual(verdict["reason"], "statement/model")
            # Even when the header is forged to name that model.
            data = bytearray(self.proof.read_bytes())
            data[12:44] = bytes.fromhex(self.run_json(DONE, "inspect", other / "verifier.veil")["model_id"])
            forged = self.file("forged.proof", bytes(data))
            verdict = self.run_json(REJECTED, "verify", other / "verifier.veil", forged, "--context", CONTEXT)
            self.assertNotEqual(verdict["reason"], "statement/model")

    def test_forged_context_in_the_header(self):
        other = self.folder / "context.proof"
        self.run_json(DONE, "prove", self.prover, "--input", APPLICANTS, "--row", self.good_row, "--context", "loan 18",
                      "--out", other)
        data = bytearray(self.proof.read_bytes())
        data[44:76] = other.read_bytes()[44:76]
        forged = self.file("forged-context.proof", bytes(data))
        self.assertNotEqual(self.verify_json(REJECTED, proof=forged, context="loan 18")["reason"], "statement/context")


class BadKeys(WithCredit):
    def test_the_wrong_file(self):
        self.refuses("verify", self.prover, self.proof, says="keep it secret")
        self.refuses("prove", self.verifier, "--input", APPLICANTS, "--out", self.folder / "x", says="prover.veil")
        self.refuses("verify", self.proof, self.proof, says="not a verifier key")
        self.refuses("verify", self.verifier, self.verifier, says="not a proof")
        self.refuses("verify", self.verifier, self.prover, says="keep it secret")
        self.refuses("verify", CALIBRATION, self.proof, says="not a verifier key")
        self.refuses("verify", self.folder / "missing.veil", self.proof, says="missing.veil")
        self.refuses("verify", self.verifier, self.folder / "missing.proof", says="missing.proof")
        self.refuses("verify", self.folder, self.proof)

    def test_truncated_and_damaged(self):
        for path in (self.verifier, self.prover):
            data = path.read_bytes()
            words = (lambda p: ["inspect", p])
            for size in (13, 50, len(data) // 3, len(data) - 1):
                self.refuses(*words(self.file("short.veil", data[:size])), says="damaged")
            self.refuses(*words(self.file("empty.veil", b"")))
            self.refuses(*words(self.file("long.veil", data + b"\0")), says="damaged")
            for at in range(12, len(data), len(data) // 20):
                changed = bytearray(data)
                changed[at] ^= 4
                self.refuses(*words(self.file("changed.veil", bytes(changed))), says="damaged")


class BadData(WithCredit):
    def setUp(self):
        with APPLICANTS.open() as file:
            self.header, *rows = list(csv.reader(file))
        self.row = rows[self.good_row]
        self.target = self.folder / "bad.proof"

    def prove(self, path, *more):
        return ["prove", self.prover, "--input", path, "--out", self.target, *more]

    def csv(self, header, *rows):
        return self.file("data.csv", "\n".join(",".join(map(str, row)) for row in [header, *rows]) + "\n")

    def refused(self, path, says=None, more=()):
        self.refuses(*self.prove(path, *more), says=says)
        self.assertFalse(self.target.exists())

    def with_value(self, value):
        return self.csv(self.header, [value, *self.row[1:]])

    def test_not_numbers(self):
        self.refused(self.with_value("nan"), says="limit_bal")
        self.refused(self.with_value("many"), says="limit_bal")
        self.refused(self.with_value(""), says="limit_bal")
        self.refused(self.file("nan.json", "[[NaN" + ",1" * 19 + "]]"))
        self.refused(self.file("nan.npy", tiny_files.npy((1, 20), [float("nan")] + [1.0] * 19)), says="nan")

    def test_out_of_range_saturates_with_a_note(self):
        for value in ("inf", "1e30", "-1e300"):
            result = veil(*self.prove(self.with_value(value)), "--json")
            self.assertIn(result.returncode, (DONE, REJECTED), result)  # the score may be anything
            self.assertIn(b"limit_bal", result.stderr)
            self.target.unlink(missing_ok=True)

    def test_columns(self):
        self.refused(self.csv(self.header[1:], self.row[1:]), says="limit_bal")
        self.refused(self.csv([*self.header, "favourite_colour"], [*self.row, 1]), says="favourite_colour")
        self.refused(self.csv(self.header, self.row[:-1]))
        self.refused(self.csv([self.header[1], *self.header[1:]], self.row))
        self.refused(self.csv(self.header))
        self.refused(self.file("empty.csv", ""))
        self.refused(LABELLED, says="repaid")
        self.run_json(DONE, *self.prove(LABELLED, "--labels", "repaid", "--row", self.good_row))
        self.target.unlink()

    def test_reordered_columns_are_found_by_name(self):
        path = self.csv(self.header[::-1], self.row[::-1])
        self.run_json(DONE, *self.prove(path, "--row", 0))
        self.target.unlink()

    def test_shapes(self):
        self.refused(self.file("wide.npy", tiny_files.npy((1, 21), [0.0] * 21)))
        self.refused(self.file("flat.npy", tiny_files.npy((19,), [0.0] * 19)))
        self.refused(self.file("none.npy", tiny_files.npy((0, 20), [])))
        self.refused(self.file("short.npy", tiny_files.npy((1, 20), [0.0] * 20)[:-3]))
        self.refused(self.file("text.npy", "not an array"))
        self.refused(self.file("text.npz", "not an archive"))
        self.refused(self.file("name.npz", tiny_files.npz({"other": tiny_files.npy((1, 20), [0.0] * 20)})), says="applicant")
        self.refused(self.file("ragged.json", "[[1,2],[3]]"))
        self.refused(self.file("broken.json", "[[1,2"))
        self.refused(self.file("data.xml", "<rows/>"))

    def test_rows_and_files(self):
        self.refused(APPLICANTS, says="no row 200", more=["--row", "200"])
        self.refused(self.folder / "missing.csv", says="missing.csv")
        self.refused(self.folder)
        self.refuses("evaluate", self.prover, "--data", LABELLED, "--labels", "no_such_column", says="no_such_column")

    def test_full_disk_and_missing_folder(self):
        self.refuses("prove", self.prover, "--input", APPLICANTS, "--row", self.good_row, "--out", "/dev/full",
                     says="/dev/full")
        self.refuses("prove", self.prover, "--input", APPLICANTS, "--row", self.good_row, "--out",
                     self.folder / "no" / "such" / "folder.proof")
        with open("/dev/full", "wb") as full:
            self.assertEqual(veil("inspect", self.proof, stdout=full).returncode, BAD_INPUT)


class BadSetup(CliCase):
    def setup_words(self, model=MODEL, calibrate=CALIBRATION, claim=CLAIM, out=None):
        return ["setup", model, "--calibrate", calibrate, "--claim", claim, "--out", out or self.folder / "out"]

    def refused(self, says=None, more=(), **words):
        sentence = self.refuses(*self.setup_words(**words), *more, says=says)
        self.assertFalse((self.folder / "out").exists())
        return sentence

    def test_model_files(self):
        data = MODEL.read_bytes()
        self.refused(model=self.folder / "missing.onnx", says="missing.onnx")
        self.refused(model=self.file("empty.onnx", b""))
        self.refused(model=self.file("text.onnx", "I am not a model.\n"))
        self.refused(model=CALIBRATION)
        for size in (1, 100, len(data) // 2, len(data) - 1):
            self.refused(model=self.file("short.onnx", data[:size]))

    def test_unsupported_operator_is_named_with_its_node(self):
        model = tiny_files.onnx_model([tiny_files.node("Frobnicate", ["x"], ["score"], "my_node")],
                                      {"x": (1, 20)}, {"score": (1, 20)})
        sentence = self.refused(model=self.file("strange.onnx", model))
        self.assertIn("Frobnicate", sentence)
        self.assertIn("my_node", sentence)

    def test_tiny_model_by_hand(self):
        nodes = [tiny_files.node("MatMul", ["x", "w"], ["h"], "product"), tiny_files.node("Relu", ["h"], ["y"], "relu")]
        model = tiny_files.onnx_model(nodes, {"x": ("batch", 3)}, {"y": ("batch", 2)},
                                      [tiny_files.constant("w", (3, 2), [1, -2, 0.5, 1, -1, 0.25])])
        out, proof = self.folder / "tiny", self.folder / "tiny.proof"
        rows = self.file("tiny.csv", "a,b,c\n1,2,3\n-1,0.5,2\n0,0,1\n")
        self.run_json(DONE, "setup", self.file("tiny.onnx", model), "--calibrate", rows, "--out", out)
        self.run_json(DONE, "prove", out / "prover.veil", "--input", rows, "--row", 1, "--out", proof)
        (output,) = self.run_json(DONE, "verify", out / "verifier.veil", proof)["statement"]["outputs"]
        for value, wanted in zip(output["values"], (0, 3)):
            self.assertAlmostEqual(value, wanted, delta=0.05)

    def test_claims(self):
        for claim in ("score", "score >=", "score >= high", "score > 0.5 or 1", "0.75 <= ", "other >= 1", "score[7] >= 1",
                      "argmax == 5", "score >= 0.75 and", "1 < 2", "score == 0.5", "x" * 10000):
            self.refused(claim=claim)
        self.refused(claim="score >= -5")  # always true: says nothing
        self.refused(claim="score >= 5")  # never true
        self.refused(claim="count(score >= 0.5) >= 3", says="--batch")
        for claim in ("score >= 0.5", "count(score >= 0.5)", "count(score >= 0.5) >= 9", "all(all(score >= 0.5))"):
            self.refused(claim=claim, more=["--batch", "8"])
        self.refused(claim="all(score >= 0.5)", more=["--batch", "0"])

    def test_calibration_data(self):
        self.refused(calibrate=self.folder / "missing.csv", says="missing.csv")
        self.refused(calibrate=self.file("wrong.csv", "a,b\n1,2\n"))
        self.refused(calibrate=LABELLED)
        self.refused(calibrate=self.file("nothing.npy", tiny_files.npy((0, 20), [])))

    def test_options(self):
        self.refused(more=["--bits", "7"])
        self.refused(more=["--model", "secret"])
        self.refused(more=["--dim", "batch"], says="NAME=LENGTH")
        self.refused(more=["--dim", "=3"], says="NAME=LENGTH")
        self.refused(more=["--output", "no_such_output"], says="no_such_output")
        self.refused(more=["--classes", "a,b,c"])

    def test_out_is_a_file(self):
        path = self.file("a-file", "precious")
        self.refuses(*self.setup_words(out=path))
        self.assertEqual(path.read_text(), "precious")

    def test_full_disk_leaves_nothing(self):
        """A limit on the size of files stands for a full disk."""

        def small_files_only():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

        self.refuses(*self.setup_words(out=self.folder / "full"), preexec_fn=small_files_only)
        self.assertFalse((self.folder / "full").exists())

    def test_a_failed_setup_keeps_what_was_there(self):
        out, _ = self.set_up_credit("kept")
        before = {path.name: path.read_bytes() for path in out.iterdir()}

        def small_files_only():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

        self.refuses(*self.setup_words(out=out), preexec_fn=small_files_only)
        self.assertEqual({path.name: path.read_bytes() for path in out.iterdir()}, before)

    def test_interruption_leaves_all_or_nothing(self):
        for delay in (0.01, 0.03, 0.06, 0.1, 0.15, 0.2, 0.25, 0.3):
            out = self.folder / f"interrupted-{delay}"
            process = subprocess.Popen([cases.VEIL, *map(str, self.setup_words(out=out))], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            time.sleep(delay)
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)
            names = sorted(os.listdir(out)) if out.exists() else []
            self.assertIn(names, ([], ["graph.json", "prover.veil", "report.json", "verifier.veil"]))
            if names:
                self.run_json(DONE, "inspect", out / "prover.veil")


def main():
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--veil", default=str(ROOT / "build" / "release" / "veil"))
    known, rest = parser.parse_known_args()
    cases.VEIL = os.path.abspath(known.veil)
    unittest.main(argv=[sys.argv[0], *rest])


if __name__ == "__main__":
    main()
