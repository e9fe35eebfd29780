#!/usr/bin/env python3
"""The compatibility run itself, with programs that misbehave on purpose.

    python3 tests/compat/test_harness.py

Needs the packages of tests/compat/requirements.txt; neither Veil nor the test material.
"""

import dataclasses
import json
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

import numpy
from onnx import TensorProto, helper

import cases
import compare
import parameters
import report
import trial

EXPECTED = numpy.array([1.0, -2.0, 4.0], dtype=numpy.float32)
HONEST = f"""
answers = {{"setup": {{"model_id": "00" * 32, "peak_rss_bytes": 1}}, "prove": {{"proof_bytes": 9}},
           "verify": {{"accepted": True, "statement": {{"outputs": [{{"values": {EXPECTED.tolist()}}}]}}}}}}
"""


def reshape_model():
    """Its shape is an input, as in node tests."""
    graph = helper.make_graph(
        [helper.make_node("Reshape", ["x", "shape"], ["y"])], "reshape",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3]),
         helper.make_tensor_value_info("shape", TensorProto.INT64, [1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [3])])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])


def loaded_reshape(expected=EXPECTED):
    return cases.Loaded(reshape_model(), {"x": EXPECTED.reshape(1, 3), "shape": numpy.array([3])}, expected, "stored")


class WithPrograms(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="veil-harness-"))
        self.addCleanup(shutil.rmtree, self.folder, True)

    def program(self, body):
        path = self.folder / "veil"
        path.write_text(f"#!{sys.executable}\nimport json, os, pathlib, signal, sys, time\n"
                        f"stage = sys.argv[1]\n{HONEST}\n{body}\nprint(json.dumps(answers[stage]))\n")
        path.chmod(0o700)
        return path

    def try_program(self, body, load=loaded_reshape, operators=("Reshape",), **settings):
        case = cases.Case("nodes", "test_reshape", "Reshape", "y", load, operators)
        return trial.try_case(case, trial.Settings(self.program(body), **{"seconds": 20, **settings}))

    def ends(self, body, outcome, stage, says="", **settings):
        ended = self.try_program(body, **settings)
        self.assertEqual((ended.outcome, ended.stage), (outcome, stage), ended.reason)
        self.assertIn(says, ended.reason)
        return ended


def on(stage, body):
    return f"if stage == '{stage}':\n    {body}"


def reveals(values):
    return f"answers['verify']['statement']['outputs'][0]['values'] = {values}"


class Outcomes(WithPrograms):
    def test_proven(self):
        ended = self.ends("", "proven", "compare")
        self.assertEqual((ended.error, ended.largest, ended.elements, ended.proof_bytes), (0, 4, 3, 9))
        self.assertEqual(list(ended.commands), ["setup", "prove", "verify"])
        self.assertGreater(ended.cpu_s, 0)

    def test_floats(self):
        bound = 4 * 2.0**-9
        self.ends(reveals([1, -2, 4 + 0.99 * bound]), "proven", "compare")
        self.ends(reveals([1, -2, 4 + 1.01 * bound]), "imprecise", "compare", says="element 2")
        self.ends(reveals([1, -2 + 0.21, 4]), "wrong", "compare", says="element 1")
        self.ends(reveals([1, -2]), "wrong", "compare", says="2 values for 3")
        self.ends(reveals([1, -2, None]), "wrong", "compare")

    def test_integers(self):
        def whole():
            return loaded_reshape(EXPECTED.astype(numpy.int64))

        self.ends("", "proven", "compare", load=whole)
        self.ends(reveals([1, -2, 5]), "wrong", "compare", says="1 integer of 3", load=whole)
        self.ends(reveals([1, -2, 3.999]), "wrong", "compare", load=whole)
        self.ends(reveals([1, -2, 5]), "imprecise", "compare", load=whole, operators=("QuantizeLinear",))

    def test_refused(self):
        sentence = "Operator 'Reshape' (node 'r') is not supported yet."
        for stage in ("setup", "prove"):
            body = on(stage, f"print(json.dumps(dict(error={sentence!r}))); sys.exit(2)")
            self.ends(body, "refused", stage, says=sentence)

    def test_no_sentence_is_a_crash(self):
        self.ends(on("setup", "sys.exit(2)"), "crash", "setup", says="without a sentence")
        self.ends(on("setup", "print(json.dumps({'error': 'no'})); sys.exit(2)"), "crash", "setup", says="'no'")
        self.ends(on("setup", "sys.exit('usage')"), "crash", "setup", says="usage")

    def test_crashes(self):
        self.ends(on("prove", "os.kill(os.getpid(), signal.SIGSEGV)"), "crash", "prove", says="SIGSEGV")
        body = on("setup", "print('check failed', file=sys.stderr); os.abort()")
        self.ends(body, "crash", "setup", says="check failed")
        self.ends(on("verify", "sys.exit(7)"), "crash", "verify", says="exit code 7")
        self.ends(on("verify", "print('fine'); sys.exit(0)"), "crash", "verify", says="no JSON object")
        self.ends("answers['verify']['accepted'] = None", "crash", "verify")

    def test_an_honest_proof_rejected(self):
        self.ends(on("verify", "print(json.dumps({'accepted': False, 'reason': 'claim/false'})); sys.exit(1)"), "wrong",
                  "verify", says="claim/false")
        self.ends("answers['verify']['statement']['outputs'] = []", "wrong", "verify", says="0 outputs")

    def test_hang(self):
        child = self.folder / "child"
        body = on("prove", f"pathlib.Path({str(child)!r}).write_text(str(os.getpid())); time.sleep(60)")
        ended = self.ends(body, "hang", "prove", says="not done after 1 s", seconds=1)
        self.assertLess(ended.wall_s, 10)
        with self.assertRaises(ProcessLookupError):
            os.kill(int(child.read_text()), 0)

    def test_memory_is_limited(self):
        self.ends(on("setup", "bytearray(1 << 30)"), "crash", "setup", says="MemoryError", memory_bytes=1 << 28)

    def test_peak_of_a_large_program(self):
        body = on("prove", "x = bytearray(b'1' * (1 << 28)); del answers['setup']")
        self.assertGreater(self.try_program(body).peak_bytes, 1 << 28)

    def test_broken_material(self):
        def missing():
            raise FileNotFoundError("network.onnx")

        def odd():
            raise KeyError("odd")

        self.ends("", "broken", "load", says="network.onnx", load=missing)
        self.assertEqual(self.try_program("", load=odd).outcome, "broken")

    def test_folders_are_removed_or_kept(self):
        seen = self.folder / "seen"
        body = on("verify", f"pathlib.Path({str(seen)!r}).write_text(os.getcwd())")
        self.try_program(body)
        self.assertFalse(pathlib.Path(seen.read_text()).exists())
        self.try_program(body, keep=self.folder / "kept")
        self.assertTrue((pathlib.Path(seen.read_text()) / "rows.npz").exists())

    def test_axes_are_given(self):
        self.ends(on("setup", "assert sys.argv[sys.argv.index('--dim') + 1] == 'batch=1'"), "proven", "compare")


class Constants(WithPrograms):
    REFUSES_SHAPES = on("setup", """import zipfile
    if "shape.npy" in zipfile.ZipFile("rows.npz").namelist():
        print(json.dumps({"error": "Operator 'Reshape': its shape is known only at run time."})); sys.exit(2)""")

    def test_tried_again_with_parameters_as_constants(self):
        ended = self.ends(self.REFUSES_SHAPES, "proven", "compare")
        self.assertEqual((ended.constants, ended.constants_level), (["shape"], "parameters"))
        self.assertIn("run time", ended.refused_as_given)

    def test_not_where_unwanted(self):
        self.assertEqual(self.ends(self.REFUSES_SHAPES, "refused", "setup", constants="none").constants, [])

    def test_not_where_it_is_taken_as_given(self):
        self.assertEqual(self.ends("", "proven", "compare").constants, [])

    def test_which_inputs(self):
        self.assertEqual(parameters.constant_inputs(reshape_model(), "parameters"), {"shape"})
        self.assertEqual(parameters.constant_inputs(reshape_model(), "none"), set())
        changed, names = cases.with_constants(loaded_reshape(), "parameters")
        self.assertEqual((names, list(changed.inputs)), (["shape"], ["x"]))
        self.assertEqual([value.name for value in cases.free_inputs(changed.model)], ["x"])

    def test_parameters_may_be_all_inputs_and_weights_not(self):
        only = dataclasses.replace(loaded_reshape(), inputs={"shape": numpy.array([3])})
        self.assertEqual(cases.with_constants(only, "parameters")[1], ["shape"])
        self.assertEqual(cases.with_constants(only, "weights"), (None, []))


class Data(WithPrograms):
    def test_rows_of_every_type(self):
        arrays = {"file": numpy.array(True), "a/b:0": numpy.arange(6, dtype=numpy.int64).reshape(2, 3).T,
                  "h": numpy.array([0.5], dtype=numpy.float16)}
        trial.write_rows(self.folder / "rows.npz", arrays)
        with numpy.load(self.folder / "rows.npz") as read:
            for name, array in arrays.items():
                self.assertEqual(read[name].shape, (1, *array.shape))
                self.assertTrue((read[name][0] == array).all())
            self.assertEqual(read["h"].dtype, numpy.float32)

    def test_expected_numbers_that_are_not_finite(self):
        expected = numpy.array([1.0, -numpy.inf, numpy.nan], dtype=numpy.float32)
        result = compare.compare([1, 5, 5], expected)
        self.assertEqual(result.outcome, "proven")
        self.assertIn("2 expected numbers not finite", result.reason)
        self.assertEqual(compare.compare([2, 5, 5], expected).outcome, "wrong")


class Reports(WithPrograms):
    def report_of(self, outcomes, least=0):
        trials = [trial.Trial(f"nodes/t{index}#y", "nodes", f"t{index}", "Add", "y", ("Add",), outcome,
                              reason=f"Operator 'Add' (node 'n{index}') <cannot> | be proven.")
                  for index, outcome in enumerate(outcomes)]
        return report.Report("Title", trials, trial.Settings(pathlib.Path("veil")), least)

    def test_exit_codes(self):
        self.assertEqual(self.report_of(["proven", "refused", "imprecise"]).exit_code(), 0)
        for outcome in ("wrong", "crash", "hang", "broken"):
            self.assertEqual(self.report_of(["proven", outcome]).exit_code(), 1)
        self.assertEqual(self.report_of(["proven", "refused"], least=50).exit_code(), 0)
        self.assertEqual(self.report_of(["proven", "refused"], least=51).exit_code(), 1)

    def test_files(self):
        self.report_of(["refused", "refused", "proven"]).save(self.folder / "out")
        saved = json.loads((self.folder / "out" / report.JSON_NAME).read_text())
        self.assertEqual(saved["counts"]["refused"], 2)
        self.assertEqual([group["cases"] for group in saved["refusals"]], [2])
        self.assertIn("&lt;cannot&gt;", (self.folder / "out" / report.PAGE_NAME).read_text())
        self.assertIn("\\| be proven", (self.folder / "out" / report.MARKDOWN_NAME).read_text())
        self.assertTrue(report.refusals_text(self.folder / "out" / report.JSON_NAME).strip().startswith("2  Operator"))

    def test_kinds_of_sentences(self):
        same = [report.kind_of_reason(f"Operator 'ReduceL1' (node '{name}') has {count} axes of input 'x{count}'.")
                for name, count in (("a", 3), ("b (c)", 12))]
        self.assertEqual(same[0], same[1])
        self.assertIn("'ReduceL1'", same[0])
        for sentence in ("its input 'axes' is known only at run time", "its bounds are known"):
            self.assertEqual(report.kind_of_reason(sentence), sentence)

    def test_sentences_to_look_at(self):
        refused = self.report_of(["refused"]).trials[0]
        self.assertEqual(report.complaint_about(refused), "")
        for reason, complaint in (("The model has no inputs.", "names no operator"),
                                  ("Operator 'Mul' is not supported.", "does not have")):
            self.assertIn(complaint, report.complaint_about(dataclasses.replace(refused, reason=reason)))
        self.assertIn("setup took it", report.complaint_about(dataclasses.replace(refused, stage="prove")))


if __name__ == "__main__":
    unittest.main()
