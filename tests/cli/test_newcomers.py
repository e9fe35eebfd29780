"""What somebody does wrong who uses the program for the first time: files of other kinds, spreadsheets, wrong places."""

import gzip
import io
import json
import os
import pickle
import pty
import struct
import subprocess
import zipfile

import cases
import tiny_files
from cases import (APPLICANTS, CALIBRATION, CREDIT, DONE, LABELLED, MODEL, REJECTED, CliCase, WithCredit, veil)


def archive(*names):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name in names:
            file.writestr(name, b"\x80\x02}q\0.")
    return out.getvalue()


class OtherModels(CliCase):
    """Files that are no ONNX model: what they are, and how the model in them becomes one."""

    FILES = {
        "pytorch.pt": (archive("archive/data.pkl"), "PyTorch", "torch.onnx.export"),
        "pytorch.onnx": (archive("archive/data.pkl"), "PyTorch", "torch.onnx.export"),
        "keras.keras": (archive("config.json", "model.weights.h5"), "Keras", "tf2onnx"),
        "keras.h5": (b"\x89HDF\r\n\x1a\n" + bytes(99), "HDF5", "tf2onnx"),
        "sklearn.pkl": (pickle.dumps({"a": list(range(99))}), "Python pickle", "skl2onnx"),
        "sklearn.joblib": (pickle.dumps([1.5] * 99, 2), "Python pickle", "skl2onnx"),
        "mobile.tflite": (b"\x1c\0\0\0TFL3" + bytes(50), "TensorFlow Lite", "tf2onnx"),
        "runtime.ort": (b"\x18\0\0\0ORTM" + bytes(50), "onnxruntime's own", ".onnx"),
        "model.safetensors": (struct.pack("<Q", 20) + b'{"w":{"dtype":"F32"}}', "safetensors", "torch.onnx.export"),
        "xgboost.json": ('{"learner":{}}', "XGBoost", "convert_xgboost"),
        "lightgbm.txt": ("tree\nversion=v4\n", "LightGBM", "convert_lightgbm"),
        "packed.onnx.gz": (gzip.compress(MODEL.read_bytes()), "gzip", "unpack"),
        "zipped.onnx": (archive("model.onnx"), "ZIP", "unpack"),
        "large_file.onnx": ("version https://git-lfs.github.com/spec/v1\noid sha256:4d\n", "Git LFS", "git lfs pull"),
        "downloaded.onnx": ("<!DOCTYPE html>\n<html>Not found</html>\n", "a web page", ""),
        "array.onnx": (tiny_files.npy((1, 2), [1, 2]), "numpy", ""),
        "text.onnx": ("I am not a model.\n", "text", ""),
        "empty.onnx": ("", "empty", ""),
        "zeros.onnx": (bytes(1000), "not an ONNX file.", ""),
        "short.onnx": (MODEL.read_bytes()[:3000], "cut short", "export or copy it again"),
    }

    def test_each_is_named(self):
        for name, (content, what, remedy) in self.FILES.items():
            with self.subTest(name):
                sentence = self.refuses("setup", self.file(name, content), "--calibrate", CALIBRATION, "--out", self.folder / "x")
                self.assertIn(what, sentence)
                self.assertIn(remedy, sentence)
                if "cut short" not in what:
                    self.assertIn(name, sentence)  # which of the files of the command


class Spreadsheets(WithCredit):
    """Tables as spreadsheets and pandas write them."""

    def setUp(self):
        self.header, *rows = APPLICANTS.read_text().splitlines()
        self.rows = rows[self.good_row : self.good_row + 3]

    def table(self, name, text):
        return self.file(name, text)

    def lines(self, *lines, end="\n"):
        return end.join(lines) + end

    def with_first(self, cell):
        return self.lines(self.header, *(f"{cell},{row.split(',', 1)[1]}" for row in self.rows))

    def prove(self, path):
        return ["prove", self.prover, "--input", path, "--row", 0, "--out", self.folder / "sheet.proof"]

    def test_harmless_differences(self):
        plain = self.lines(self.header, *self.rows)
        for name, content in (("bom.csv", "\ufeff" + plain), ("crlf.csv", plain.replace("\n", "\r\n")),
                              ("cr.csv", plain.replace("\n", "\r")), ("spaces.csv", plain.replace(",", ", ")),
                              ("no_end.csv", plain.rstrip("\n")), ("blank_lines.csv", plain.replace("\n", "\n\n")),
                              ("huge.csv", self.lines(self.header, *(self.rows * 5000)))):
            with self.subTest(name):
                self.run_json(DONE, *self.prove(self.table(name, content)))

    def test_tables_that_cannot_be_read(self):
        plain = self.lines(self.header, *self.rows)
        for name, content, *words in (
            ("semicolons.csv", plain.replace(",", ";"), "commas"),
            ("tabs.csv", plain.replace(",", "\t"), "commas"),
            ("german.csv", plain.replace(",", ";").replace(".", ","), "commas"),
            ("no_header.csv", self.lines(*self.rows), "begins with a row of numbers", "header"),
            ("only_header.csv", self.lines(self.header), "no rows"),
            ("empty.csv", "", "empty"),
            ("blank.csv", "\n\n", "empty"),
            ("index.csv", self.lines("," + self.header, *(f"{i},{row}" for i, row in enumerate(self.rows))), "index=False"),
            ("trailing.csv", self.lines(self.header + ",", *(row + "," for row in self.rows)), "comma at the end"),
            ("fewer.csv", self.lines(*(line.rsplit(",", 1)[0] for line in [self.header, *self.rows])), "lacks the column 'pay_amt6'"),
            ("more.csv", self.lines(self.header + ",extra", *(row + ",1" for row in self.rows)), "'extra'", "--labels"),
            ("upper.csv", self.lines(self.header.upper(), *self.rows), "'LIMIT_BAL'"),
            ("ragged.csv", self.lines(self.header, self.rows[0] + ",5"), "21 cells in row 1", "decimal commas"),
            ("quotes.csv", self.with_first('"20'), "double quote"),
            ("utf16.csv", plain.encode("utf-16"), "UTF-16", "save it as UTF-8"),
            ("latin.csv", plain.replace("limit_bal", "größe").encode("latin-1"), "save it as UTF-8"),
            ("excel.csv", archive("[Content_Types].xml", "xl/workbook.xml"), "Excel"),
            ("page.csv", "<!DOCTYPE html>\n<html></html>\n", "web page"),
            ("table.xlsx", b"PK", "save it as .csv"),
            ("table.tsv", plain, "save it as .csv"),
            ("table.parquet", b"PAR1", "save it as .csv"),
            ("table", plain, ".csv, .npy, .npz or .json"),
            ("text.npy", plain, "it is text"),
            ("page.json", plain, "no JSON file", "line 1, column 1"),
            ("lines.json", '{"applicant": [1]}\n{"applicant": [2]}\n', "each line"),
            ("records.json", json.dumps([{"limit_bal": 1}]), "'applicant'", "[[...], ...]"),
        ):
            with self.subTest(name):
                sentence = self.refuses(*self.prove(self.table(name, content)))
                for word in words:
                    self.assertIn(word, sentence)

    def test_cells_that_are_no_numbers(self):
        for cell, word in (("high", "encode text"), ('"1,5"', "decimal point"), ('"20,000"', "decimal point"), ("20%", "number alone"),
                           ("$20", "number alone"), ("NA", "needs a value"), ("", "empty"), ("nan", "NaN"),
                           ("2024-01-31", "not a number")):
            with self.subTest(cell):
                sentence = self.refuses(*self.prove(self.table("cell.csv", self.with_first(cell))))
                self.assertIn("'limit_bal'", sentence)
                self.assertIn(word, sentence)

    def test_a_table_without_a_header_is_no_calibration(self):
        """Its first row would be lost, and its numbers would become the names of the inputs."""
        path = self.table("rows.csv", self.lines(",".join(str(i + 0.5) for i in range(20)), *self.rows))
        sentence = self.refuses("setup", MODEL, "--calibrate", path, "--out", self.folder / "x")
        self.assertIn("begins with a row of numbers", sentence)


class WrongPlaces(WithCredit):
    def prove(self, out, data=APPLICANTS):
        return ["prove", self.prover, "--input", data, "--row", self.good_row, "--out", out]

    def test_files_in_each_others_place(self):
        self.assertIn("it is a proof", self.refuses("verify", self.proof, self.verifier))
        self.assertIn("it is an ONNX model", self.refuses("verify", MODEL, self.proof))
        self.assertIn("it is an ONNX model", self.refuses("prove", MODEL, "--input", APPLICANTS, "--out", self.folder / "x"))
        self.assertIn("it is a verifier's key", self.refuses("setup", self.verifier, "--calibrate", APPLICANTS, "--out", self.folder / "x"))
        self.assertIn("it is an ONNX model", self.refuses("inspect", MODEL))
        self.assertIn("applicants.csv", self.refuses("audit", self.verifier, APPLICANTS))

    def test_a_folder_in_the_place_of_its_key(self):
        self.assertIn(f"name its key, '{self.prover}'", self.refuses("prove", self.out, "--input", APPLICANTS, "--out", self.folder / "x"))
        self.assertIn(f"name its key, '{self.verifier}'", self.refuses("verify", self.out, self.proof))
        self.assertIn("it is a folder", self.refuses("verify", self.verifier, self.folder))

    def test_keys_and_proofs_of_another_version(self):
        for key, command in ((self.verifier, ["verify"]), (self.prover, ["prove", "--input", APPLICANTS, "--out", self.folder / "x"])):
            old = self.file("old.veil", key.read_bytes().replace(b"veil/file/1", b"veil/file/9", 1))
            words = [command[0], old, *command[1:], *([self.proof] if command[0] == "verify" else [])]
            self.assertIn("another version of Veil; run `veil setup` again", self.refuses(*words))
        old = self.file("old.proof", self.proof.read_bytes().replace(b"veil/proof/1", b"veil/proof/9", 1))
        result = veil("verify", self.verifier, old, "--context", cases.CONTEXT)
        self.assertEqual(result.returncode, REJECTED)
        self.assertIn(b"another version of Veil", result.stderr)

    def test_what_is_no_proof_is_named_beside_the_verdict(self):
        for path, what in ((MODEL, b"an ONNX model"), (APPLICANTS, b"text"), (self.file("none", ""), b"empty")):
            result = veil("verify", self.verifier, path)
            self.assertEqual(result.returncode, REJECTED)
            self.assertIn(b"format/header", result.stdout)
            self.assertIn(what, result.stderr)

    def test_an_empty_value_is_no_choice(self):
        """`--claim "$CLAIM"` with the variable not set would reveal the output."""
        setup = ["setup", MODEL, "--calibrate", CALIBRATION, "--out", self.folder / "x"]
        for option in ("--claim", "--labels", "--output", "--classes"):
            self.assertIn(f"{option} is given an empty value", self.refuses(*setup, option, ""))
            self.assertIn(f"{option} is given an empty value", self.refuses(*setup, f"{option}="))
        self.assertIn("empty value", self.refuses("prove", self.prover, "--input", APPLICANTS, "--out", ""))
        self.run_json(DONE, *self.prove(self.folder / "no-context.proof"), "--context", "")

    def test_places_that_cannot_be_written(self):
        """Known before the work is done."""
        self.assertIn("there is no folder", self.refuses(*self.prove(self.folder / "no" / "x")))
        self.assertIn("it is a folder", self.refuses(*self.prove(self.folder)))
        self.assertIn("is no folder", self.refuses(*self.prove(self.proof / "x")))
        self.assertIn("/proc/x", self.refuses(*self.prove("/proc/x")))
        self.assertIn("No space left", self.refuses(*self.prove("/dev/full")))
        setup = ["setup", MODEL, "--calibrate", CALIBRATION, "--out"]
        self.assertIn("is a file", self.refuses(*setup, self.proof))
        self.assertIn("is a file", self.refuses(*setup, self.proof / "below"))
        self.refuses(*setup, "/proc/x")
        evaluate = ["evaluate", self.prover, "--data", APPLICANTS]
        self.assertIn("is a file", self.refuses(*evaluate, "--report", self.proof))
        self.assertIn("there is no folder", self.refuses(*evaluate, "--outputs", self.folder / "no" / "x.csv"))

    @staticmethod
    def as_another():
        os.setgid(65534)
        os.setuid(65534)

    def test_a_folder_of_somebody_else(self):
        if os.getuid() != 0:
            self.skipTest("only root can become somebody else")
        locked = self.folder / "locked"
        locked.mkdir(exist_ok=True)
        for path in (self.folder, self.out):
            path.chmod(0o755)
        self.prover.chmod(0o644)
        self.addCleanup(self.prover.chmod, 0o600)
        result = veil(*self.prove(locked / "x"), preexec_fn=self.as_another)
        self.assertEqual(result.returncode, cases.BAD_INPUT)
        self.assertIn(b"Cannot write in the folder", result.stderr)

    def test_claims_as_they_are_written_elsewhere(self):
        setup = ["setup", MODEL, "--calibrate", CALIBRATION, "--out", self.folder / "x", "--claim"]
        for claim, word in (("score => 0.75", "write >="), ("score =< 0.75", "write <="), ("score ≥ 0.75", "write >="),
                            ("score >= 0,75", "decimal point"), ("score >= 75%", "0.75 for 75%"), ("score != 0", "cannot be claimed"),
                            ("score >= 0.1 && score < 1", "'and'"), ("score < 0.1 or score > 1", "not by 'or'"),
                            ("score == 1", "argmax only"), ("score[1] >= 0.1", "y[0], y[1]")):
            with self.subTest(claim):
                self.assertIn(word, self.refuses(*setup, claim))
        rows = ["--batch", "4"]
        self.assertIn("did you mean 'count'?", self.refuses(*setup, "conut(score >= 0.75) >= 1", *rows))
        self.assertIn("decimal point", self.refuses(*setup, "count(score >= 0,75) >= 1", *rows))

    def test_standard_input_is_not_read(self):
        self.assertIn("standard input", self.refuses(*self.prove(self.folder / "x", data="-")))

    def test_labels_of_a_table_without_them(self):
        self.assertIn("no column 'repaid'", self.refuses("evaluate", self.prover, "--data", APPLICANTS, "--labels", "repaid"))
        self.assertIn("--labels", self.refuses("evaluate", self.prover, "--data", LABELLED))


class Terminal(WithCredit):
    """Progress is for terminals, and leaves nothing behind."""

    def on_terminal(self, *words, term="xterm"):
        ours, theirs = pty.openpty()
        with subprocess.Popen([cases.VEIL, *map(str, words)], stdout=subprocess.PIPE, stderr=theirs,
                              env={**os.environ, "TERM": term}) as process:
            os.close(theirs)
            shown = b""
            try:
                while part := os.read(ours, 4096):
                    shown += part
            except OSError:
                pass  # the other end is closed
            process.stdout.read()
        os.close(ours)
        return shown.decode()

    def setup_words(self):
        return ["setup", MODEL, "--calibrate", CALIBRATION, "--out", self.folder / "shown"]

    def test_progress_is_shown_and_cleared(self):
        shown = self.on_terminal(*self.setup_words())
        self.assertIn("committing the weights", shown)
        self.assertTrue(shown.endswith("\r\x1b[K"), repr(shown[-60:]))

    def test_none_where_nobody_wants_it(self):
        graph = self.out / "graph.json"
        prove = ["prove", self.prover, "--input", APPLICANTS]
        for words in (self.setup_words(), [*prove, "--row", self.good_row, "--out", self.folder / "quiet"],
                      ["evaluate", self.prover, "--data", CALIBRATION], ["audit", self.verifier, graph],
                      ["verify", self.verifier, self.folder / "quiet"]):
            with self.subTest(words[0]):
                shown = self.on_terminal(*words, "--quiet")
                self.assertNotIn("\x1b", shown)
                self.assertNotIn("%", shown)
        self.assertIn("row 0", self.on_terminal(*prove, "--quiet", "--out", self.folder / "noted"))  # a note is no progress

    def test_an_error_stands_on_a_line_of_its_own(self):
        bad = CREDIT / "README.md"
        shown = self.on_terminal("setup", MODEL, "--calibrate", bad, "--out", self.folder / "shown")
        self.assertIn("\r\x1b[Kveil: ", shown)

    def test_no_progress_in_pipes_and_on_terminals_without_it(self):
        self.assertEqual(self.on_terminal(*self.setup_words(), term="dumb"), "")
        self.assertEqual(veil(*self.setup_words()).stderr, b"")
