"""Wrong words on the command line, and names that are nearly right: what is said, and what is suggested."""

from cases import APPLICANTS, CALIBRATION, CREDIT, DONE, LABELLED, MODEL, CliCase, WithCredit, veil


class WrongWords(CliCase):
    def says(self, words, *parts):
        sentence = self.refuses(*words)
        for part in parts:
            self.assertIn(part, sentence)

    def test_commands(self):
        self.says([], "no command is given".capitalize(), "setup, prove, verify")
        self.says(["prov"], "no command 'prov' (did you mean 'prove'?)")
        self.says(["Verify", "x"], "did you mean 'verify'?")
        self.says(["eval"], "did you mean 'evaluate'?")
        self.says(["help"], "did you mean '--help'?")
        self.says(["version"], "did you mean '--version'?")
        self.assertNotIn("did you mean", self.refuses("frobnicate"))

    def test_options(self):
        self.says(["setup", MODEL, "--calibarte", "x", "--out", "y"], "'--calibarte' (did you mean '--calibrate'?)")
        self.says(["prove", "k", "--input=x", "--Out=y"], "'--Out' (did you mean '--out'?)")
        self.says(["verify", "v", "p", "-c", "x"], "'-c' (did you mean '--context'?)")
        self.says(["--hlep"], "did you mean '--help'?")
        self.says(["--threads", "2", "prove"], "stands behind the command")
        self.says(["inspect", "a", "b"], "'b' stands alone", "veil inspect FILE")

    def test_everything_that_is_missing_is_said_at_once(self):
        self.says(["setup"], "needs MODEL", "--calibrate", "--out")
        self.says(["prove", "k", "rows.csv", "--out", "y"], "needs --input", "'rows.csv' stands alone")
        self.says(["verify", "v"], "needs PROOF")

    def test_values(self):
        result = veil("setup", MODEL, "--calibrate", CALIBRATION, "--out")
        self.assertIn(b"value is missing after --out", result.stderr)
        self.says(["setup", MODEL, "--calibrate", CALIBRATION, "--out", "--explain"], "missing after --out", "'--explain' is the next option")
        self.says(["prove", "k", "--input", "--out", "x"], "missing after --input", "'--out' is the next option")
        self.says(["setup", MODEL, "--calibrate", "x", "--out", "y", "--model", "hiden"], "hidden or public", "did you mean 'hidden'?")
        self.says(["setup", MODEL, "--calibrate", "x", "--out", "y", "--bits", "7"], "8, 12, 16 or auto, not '7'")
        self.says(["setup", MODEL, "--calibrate", "x", "--out", "y", "--tolerance", "7"], "from 0.000001 to 1")
        for row in ("-1", "abc", "1.5"):
            self.says(["prove", "k", "--input", "x", "--out", "y", "--row", row], f"whole number from 0 to 999999999999, not '{row}'")
        self.says(["prove", "k", "--input", "x", "--out", "y", "--threads", "0"], "from 1 to 1024, not '0'")
        self.says(["prove", "k", "--input", "x", "--input", "y", "--out", "z"], "--input is given more than once")


class WrongNames(WithCredit):
    def setup_says(self, *more, part):
        words = ["setup", MODEL, "--calibrate", CALIBRATION, "--out", self.folder / "never", *more]
        self.assertIn(part, self.refuses(*words))

    def test_files_and_folders(self):
        sentence = self.refuses("prove", self.prover, "--input", CREDIT / "aplicants.csv", "--out", self.folder / "x")
        self.assertIn(f"did you mean '{APPLICANTS}'?", sentence)
        sentence = self.refuses("verify", self.folder / "creditt" / "verifier.veil", self.proof)
        self.assertIn(f"there is no folder '{self.folder}/creditt' (did you mean '{self.out}'?)", sentence)
        sentence = self.refuses("inspect", "verifier.viel", cwd=self.out)
        self.assertIn("did you mean 'verifier.veil'?", sentence)

    def test_outputs_axes_and_claims(self):
        self.setup_says("--output", "scor", part="did you mean 'score'?")
        self.setup_says("--dim", "batc=1", part="did you mean 'batch'?")
        self.setup_says("--claim", "scroe >= 0.75", part="did you mean 'score'?")
        self.setup_says("--claim", "argmx == 1", part="did you mean 'argmax'?")

    def test_columns(self):
        self.setup_says("--labels", "limit_ball", part="did you mean 'limit_bal'?")
        words = ["prove", self.prover, "--input", LABELLED, "--out", self.folder / "x", "--labels"]
        self.assertIn("no column 'repayed' (did you mean 'repaid'?)", self.refuses(*words, "repayed"))
        sentence = self.refuses("evaluate", self.prover, "--data", LABELLED, "--labels", "repayed")
        self.assertIn("did you mean 'repaid'?", sentence)
        renamed = self.file("renamed.csv", APPLICANTS.read_text().replace("limit_bal", "limit_balance", 1))
        sentence = self.refuses("prove", self.prover, "--input", renamed, "--out", self.folder / "x")
        self.assertIn("lacks the column 'limit_bal'", sentence)
        self.assertIn("'limit_balance'?", sentence)

    def test_classes(self):
        import tiny_files

        model = tiny_files.onnx_model([tiny_files.node("MatMul", ["x", "w"], ["y"], "product")], {"x": ("batch", 2)},
                                      {"y": ("batch", 3)}, [tiny_files.constant("w", (2, 3), [1, -2, 0.5, 1, -1, 0.25])])
        rows = self.file("two.csv", "a,b\n1,2\n-1,0.5\n0,1\n")
        words = ["setup", self.file("three.onnx", model), "--calibrate", rows, "--out", self.folder / "three", "--classes",
                 "approve,refuse,ask", "--claim"]
        self.assertIn("did you mean 'approve'?", self.refuses(*words, 'argmax == "aprove"'))
        self.run_json(DONE, *words, 'argmax == "approve"')
