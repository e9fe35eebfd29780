"""`veil doctor`: what it finds on this machine, and what it says where something is wrong."""

import os
import resource
import signal
import time

from cases import DONE, REJECTED, CliCase


class Doctor(CliCase):
    LEVELS = ["portable", "adx", "ifma"]

    def kernels(self, report):
        return {one["name"]: one for one in report["kernels"]}

    def test_all_is_well_in_under_two_seconds(self):
        begin = time.monotonic()
        report = self.run_json(DONE, "doctor", cwd=self.folder)
        self.assertLess(time.monotonic() - begin, 2)
        self.assertIs(report["well"], True)
        self.assertEqual(report["problems"], [])
        self.assertEqual([one["name"] for one in report["kernels"]], self.LEVELS)
        self.assertEqual(sum(one["used"] for one in report["kernels"]), 1)
        for one in report["kernels"]:
            names = [test["name"] for test in one["tests"]]
            self.assertEqual(names, [] if one["missing"] else ["field", "curve", "hash", "transcript", "proof"])
            self.assertTrue(all(test["failure"] is None for test in one["tests"]))
        self.assertGreater(report["memory"]["total_bytes"], 0)
        self.assertGreaterEqual(report["threads"], 1)
        self.assertEqual(list(self.folder.glob("**/.veil*")), [])  # nothing is left

    def test_text(self):
        text = self.run_text(DONE, "doctor", cwd=self.folder)
        for word in ("veil ", "built by", "portable", "threads", "memory", "can be written", "All is well."):
            self.assertIn(word, text)

    def test_kernels_are_forced(self):
        report = self.run_json(DONE, "doctor", cwd=self.folder, env={**os.environ, "VEIL_CPU": "portable"})
        self.assertTrue(self.kernels(report)["portable"]["used"])
        for one in report["kernels"][1:]:
            self.assertTrue(one["missing"] or "VEIL_CPU" in one["why"])

    def test_a_value_of_veil_cpu_that_is_not_heeded(self):
        report = self.run_json(REJECTED, "doctor", cwd=self.folder, env={**os.environ, "VEIL_CPU": "neon"})
        (problem,) = report["problems"]
        self.assertIn("'neon'", problem["problem"])
        self.assertTrue(problem["remedy"])

    def test_a_folder_that_cannot_be_written(self):
        text = self.run_text(REJECTED, "doctor", cwd="/proc")
        self.assertIn("cannot be written", text)
        self.assertIn("PROBLEM: ", text)

    def test_a_full_disk(self):
        """A limit on the size of files stands for a full disk."""

        def small_files_only():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

        report = self.run_json(REJECTED, "doctor", cwd=self.folder, preexec_fn=small_files_only)
        self.assertFalse(report["folder"]["can_be_written"])
        self.assertEqual(list(self.folder.glob("**/.veil*")), [])

    def test_without_processes_the_used_kernels_are_tested(self):
        def few_files():
            resource.setrlimit(resource.RLIMIT_NOFILE, (4, 4))  # none left for a pipe

        report = self.run_json(DONE, "doctor", cwd=self.folder, preexec_fn=few_files)
        for one in report["kernels"]:
            self.assertEqual(one["tested"], one["used"])
            self.assertEqual(len(one["tests"]), 5 if one["used"] else 0)

    def test_a_self_test_that_dies_is_named(self):
        """Too small a stack for the proof, not for the doctor."""

        def small_stack():
            resource.setrlimit(resource.RLIMIT_STACK, (1 << 16, 1 << 16))

        report = self.run_json(REJECTED, "doctor", cwd=self.folder, preexec_fn=small_stack)
        for one in report["kernels"]:
            self.assertTrue(one["missing"] or "signal" in one["failure"], one)
        self.assertTrue(all("fail their self-test" in one["problem"] and one["remedy"] for one in report["problems"]))
