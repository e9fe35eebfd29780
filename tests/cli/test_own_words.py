"""Completion and the manual: made from the program's own description, and installed."""

import os
import pathlib
import re
import shutil
import subprocess
import unittest

import cases
from cases import DONE, ROOT, CliCase

COMMANDS = ["setup", "prove", "verify", "evaluate", "audit", "inspect", "doctor", "completion", "man"]


class Completion(CliCase):
    def script(self, shell):
        return self.file(f"veil.{shell}", self.run_text(DONE, "completion", shell))

    def completed(self, *words):
        """What bash offers for the last word."""
        program = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _veil; '
                   'printf "%s\\n" "${COMPREPLY[@]}"')
        result = subprocess.run(["bash", "-c", program, "bash", self.script("bash"), "veil", *words], capture_output=True,
                                text=True, cwd=self.folder, timeout=60)
        self.assertEqual(result.stderr, "")
        return [line for line in result.stdout.split("\n") if line]

    def test_commands(self):
        self.assertEqual(self.completed("ver"), ["verify"])
        self.assertEqual(self.completed("pr"), ["prove"])
        self.assertEqual(self.completed("")[: len(COMMANDS)], COMMANDS)
        self.assertIn("--version", self.completed("--"))

    def test_options_are_those_of_the_help(self):
        for command in COMMANDS:
            help_text = self.run_text(DONE, command, "--help")
            told = set(re.findall(r"^  (?:-h,)?(--[a-z-]+)", help_text, re.MULTILINE))
            self.assertTrue(told)
            self.assertEqual(set(self.completed(command, "--")), told)
        self.assertNotIn("--self-test", self.completed("doctor", "--"))  # hidden

    def test_values(self):
        self.assertEqual(self.completed("setup", "m.onnx", "--model", "h"), ["hidden"])
        self.assertEqual(self.completed("setup", "m.onnx", "--bits", ""), ["8", "12", "16", "auto"])
        self.assertEqual(self.completed("completion", ""), ["bash", "zsh", "fish"])
        self.assertEqual(self.completed("setup", "m.onnx", "--claim", ""), [])

    def test_files_with_spaces_and_folders(self):
        self.file("my rows.csv", "a")
        (self.folder / "my keys").mkdir(exist_ok=True)
        self.assertEqual(sorted(self.completed("setup", "my")), ["my keys", "my rows.csv"])
        self.assertEqual(self.completed("setup", "m.onnx", "--out", "my"), ["my keys"])
        self.assertIn("my rows.csv", self.completed("prove", "k", "--input", "my"))

    def test_other_shells_read_their_scripts(self):
        for shell, words in (("zsh", ["zsh", "-n"]), ("fish", ["fish", "--no-execute"])):
            script = self.script(shell)
            for command in COMMANDS:
                self.assertIn(command, script.read_text())
            if shutil.which(shell):
                subprocess.run([*words, script], check=True, timeout=60)


class Manual(CliCase):
    def test_every_command_and_option_is_there(self):
        page = self.run_text(DONE, "man")
        for command in COMMANDS:
            self.assertIn(f'.SS "veil {command}"', page)
            for option in re.findall(r"^  (?:-h,)?(--[a-z-]+)", self.run_text(DONE, command, "--help"), re.MULTILINE):
                self.assertIn(option.replace("-", "\\-"), page)
        self.assertNotIn("self\\-test", page)

    def test_it_is_proper_roff(self):
        page = self.file("veil.1", self.run_text(DONE, "man"))
        tools = 0
        if shutil.which("groff"):
            result = subprocess.run(["groff", "-man", "-ww", "-Tutf8", page], capture_output=True, timeout=60)
            self.assertEqual((result.returncode, result.stderr), (0, b""))
            tools += 1
        if shutil.which("mandoc"):
            subprocess.run(["mandoc", "-Tlint", "-Werror", page], check=True, timeout=60)
            tools += 1
        if tools == 0:
            self.skipTest("no groff and no mandoc")

    def test_the_document_is_up_to_date(self):
        """To write it again: build/release/veil man --markdown > docs/cli.md"""
        self.assertEqual((ROOT / "docs" / "cli.md").read_text(), self.run_text(DONE, "man", "--markdown"))


class Installed(CliCase):
    def test_everything_lies_where_it_is_looked_for(self):
        build = pathlib.Path(cases.VEIL).parent
        if not (build / "CMakeCache.txt").exists() or not shutil.which("cmake"):
            raise unittest.SkipTest("no build folder beside the program")
        prefix = self.folder / "usr"
        result = subprocess.run(["cmake", "--install", build, "--prefix", prefix], capture_output=True, text=True, timeout=120)
        self.assertEqual(result.returncode, 0, result.stderr)
        program = prefix / "bin" / "veil"
        self.assertTrue(os.access(program, os.X_OK))
        for path, words in (("share/bash-completion/completions/veil", ["completion", "bash"]),
                            ("share/zsh/site-functions/_veil", ["completion", "zsh"]),
                            ("share/fish/vendor_completions.d/veil.fish", ["completion", "fish"]),
                            ("share/man/man1/veil.1", ["man"])):
            said = subprocess.run([program, *words], capture_output=True, text=True, timeout=60)
            self.assertEqual((prefix / path).read_text(), said.stdout)
