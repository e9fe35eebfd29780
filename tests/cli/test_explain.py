"""--explain: who learns what, of hidden and public models, with and without a claim, by all three commands."""

import json

from cases import APPLICANTS, DONE, LABELLED, REJECTED, CliCase, veil


class Explain(CliCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keys = {}
        for model in ("hidden", "public"):
            for claim in (True, False):
                folder, said = cls.set_up_credit(f"{model}-{claim}", "--model", model, "--explain", claim=claim)
                cls.keys[model, claim] = folder, said["explanation"]

    def prove(self, folder, *more):
        proof = self.folder / "one.proof"
        for row in range(40):
            result = veil("prove", folder / "prover.veil", "--input", APPLICANTS, "--row", row, "--out", proof, "--explain",
                          "--json", *more)
            if result.returncode == DONE:
                return proof, json.loads(result.stdout)["explanation"]
        raise AssertionError("no applicant can be proven")

    @staticmethod
    def facts_alone(explanation):
        return {name: part for name, part in explanation.items() if name != "remarks"}

    def test_all_commands_say_the_same(self):
        for (model, claim), (folder, of_setup) in self.keys.items():
            proof, of_prove = self.prove(folder)
            of_verify = self.run_json(DONE, "verify", folder / "verifier.veil", proof, "--explain")["explanation"]
            self.assertEqual(self.facts_alone(of_setup), self.facts_alone(of_prove))
            self.assertEqual(self.facts_alone(of_setup), self.facts_alone(of_verify))
            self.assertTrue(any("veil audit" in remark for remark in of_verify["remarks"]))

    def test_facts_are_those_of_the_key(self):
        for (model, claim), (folder, explanation) in self.keys.items():
            facts = explanation["facts"]
            self.assertEqual(facts["model"], model)
            self.assertEqual(facts["claim"] is not None, claim)
            self.assertEqual(len(facts["revealed_outputs"]), 0 if claim else 1)
            self.assertEqual(facts["weights"], 3457)
            self.assertEqual(len(facts["inputs"][0]["labels"]), 20)
            self.assertEqual(facts["graph"]["counts"], {"einsum": 3, "function": 1})
            hidden = " ".join(explanation["parties"][1]["does_not_learn"])
            self.assertEqual("weights" in hidden, model == "hidden")
            self.assertEqual("the output, beyond" in hidden, claim)

    def test_of_a_batch_of_rows(self):
        _, said = self.set_up_credit("batch", "--batch", "4", "--claim", "count(score >= 0.75) >= 1", "--explain", claim=False)
        explanation = said["explanation"]
        self.assertEqual(explanation["facts"]["graph"]["batch"], 4)
        self.assertEqual(explanation["facts"]["input_values"], 80)
        self.assertIn("that a proof is about 4 rows", explanation["key_shows"])
        self.assertTrue(any("of each row: 'limit_bal'" in sentence for sentence in explanation["key_shows"]))

    def test_text(self):
        folder, _ = self.keys["hidden", True]
        proof, _ = self.prove(folder)
        text = self.run_text(DONE, "verify", folder / "verifier.veil", proof, "--explain")
        for word in ("Who learns what", "the prover", "the verifier", "anyone else", "never learns", "not hidden"):
            self.assertIn(word, text)
        self.assertNotIn("Who learns what", self.run_text(DONE, "verify", folder / "verifier.veil", proof))

    def test_several_proofs_have_one_explanation(self):
        folder, explanation = self.keys["public", False]
        proof, _ = self.prove(folder)
        said = self.run_json(DONE, "verify", folder / "verifier.veil", proof, proof, "--explain")
        self.assertEqual(self.facts_alone(said["explanation"]), self.facts_alone(explanation))

    def test_a_rejected_proof_shows_nothing(self):
        folder, _ = self.keys["hidden", True]
        proof, _ = self.prove(folder)
        said = self.run_json(REJECTED, "verify", folder / "verifier.veil", proof, "--context", "other", "--explain")
        self.assertIsNone(said["explanation"])

    def test_what_was_cut_is_said_to_the_prover_alone(self):
        folder, _ = self.keys["hidden", False]
        header, row = LABELLED.read_text().splitlines()[:2]
        path = self.file("far.csv", header + "\n" + "1e30," + row.split(",", 1)[1] + "\n")
        proof = self.folder / "far.proof"
        said = self.run_json(DONE, "prove", folder / "prover.veil", "--input", path, "--labels", "repaid", "--out", proof,
                             "--explain")
        self.assertTrue(any("limit_bal" in remark for remark in said["explanation"]["remarks"]))
        said = self.run_json(DONE, "verify", folder / "verifier.veil", proof, "--explain")
        self.assertFalse(any("limit_bal" in remark for remark in said["explanation"]["remarks"]))
