"""What notebooks and terminals show: tables, pictures, progress."""
import html.parser
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

import veil
from conftest import CREDIT
from veil import pictures, progress


class Balanced(html.parser.HTMLParser):
    """Fails where an element is not closed; keeps the text."""

    def __init__(self):
        super().__init__()
        self.open, self.text = [], ""

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_data(self, data):
        self.text += data


def text_of(shown):
    parser = Balanced()
    parser.feed(shown)
    assert parser.open == []
    return parser.text


def test_a_statement_says_what_is_public_and_what_is_hidden(claimed, rows):
    from numpy import asarray
    proof = next(proof for proof in proofs_that_hold(claimed, asarray(rows)))
    verdict = claimed.verifier.verify(proof, context="<loan & 17>")
    assert verdict
    text = text_of(verdict._repr_html_())
    for part in ("accepted", claimed.model_id, "score[0] >= 0.5", "<loan & 17>", "the input", "applicant (20 values)"):
        assert part in text
    assert verdict.statement.hidden[0] == "the model's weights" and verdict.statement.outputs == []
    assert "rejected" in text_of(claimed.verifier.verify(proof)._repr_html_())


def proofs_that_hold(model, rows):
    for row in rows:
        try:
            yield model.prove(row, context="<loan & 17>")
        except veil.FalseClaim:
            pass


def test_a_report_shows_cost_and_errors(model):
    text = text_of(model.report._repr_html_())
    assert "cost of a proof by operator" in text and "Sigmoid sigmoid" in text and "largest error of each value" in text
    assert "score" in text_of(model._repr_html_())
    steps = model.report.cost_by_step
    assert sum(step["estimated_share"] for step in steps) == pytest.approx(1)
    assert sum(step["lookups"] for step in steps) > 0 and any("Sigmoid" in (step["source"] or "") for step in steps)


def test_a_model_of_keys_alone_has_a_repr(model):
    assert "&lt;Model" in veil.Model(model.prover_key, model.verifier_key)._repr_html_()


def test_an_evaluation_shows_floats_against_integers(model, rows):
    shown = model.evaluate(rows.iloc[:20])
    text = text_of(shown._repr_html_())
    assert "integers against floats" in text and "error against floats" in text
    assert shown._repr_html_().count("<circle") == 40
    assert str(shown.float_outputs[0]) not in repr(shown)


def test_pictures_take_anything():
    assert pictures.scatter([], [], "nothing") == "" and pictures.bars([], "nothing", "{}") == ""
    assert pictures.scatter([float("nan")], [1.0], "none finite") == ""
    assert "&lt;b&gt;" in pictures.bars([("<b>", 1.0)], "<i>", "{}")
    text_of(pictures.scatter([1.0, 1.0], [2.0, 2.0], "all alike", diagonal=True))
    assert pictures.bars([(str(i), float(i)) for i in range(50)], "many", "{}").count("<rect") == 20


def test_secrets_do_not_appear_in_any_repr(claimed, rows):
    import numpy
    row = numpy.asarray(rows)[0]
    proof = next(proofs_that_hold(claimed, numpy.asarray(rows)))
    verdict = claimed.verifier.verify(proof, context="<loan & 17>")
    shown = [claimed, claimed.verifier, claimed.prover_key, proof, verdict, verdict.statement]
    texts = [repr(each) for each in shown] + [str(each) for each in shown]
    texts += [f"{each}" for each in shown] + [verdict._repr_html_()]
    secret = bytes(claimed.prover_key)
    for text in texts:
        assert secret[200:216].hex() not in text and repr(secret[200:216])[2:-1] not in text
        assert str(row[0]) not in text  # a limit_bal such as 20000.0


def test_proofs_tell_real_stages(model, row):
    told = []
    model.prove(row, progress=lambda stage, done: told.append((stage, done)))
    stages = [stage for stage, _ in told]
    assert stages.index("witness") < stages.index("commit") < stages.index("pads") < stages.index("lookup")
    assert {"einsum", "fold", "open"} <= set(stages)
    shares = [done for _, done in told]
    assert shares == sorted(shares) and shares[0] == 0 and 0.9 < shares[-1] <= 1 and len(set(shares)) > 20


def test_many_proofs_tell_each(model, rows):
    told = []
    model.prove_many(rows.iloc[:3], progress=lambda *each: told.append(each))
    assert told == [("proof 1 of 3", 1 / 3), ("proof 2 of 3", 2 / 3), ("proof 3 of 3", 1)]


def test_there_is_no_bar_where_nobody_looks(model, row, capsys):
    model.prove(row)
    model.prove(row, progress=False)
    assert capsys.readouterr() == ("", "")
    with progress.told(None) as tell:
        assert tell is None


def test_a_bar_where_it_is_asked_for(model, rows, capsys):
    pytest.importorskip("tqdm")
    with progress.told(True) as tell:
        time.sleep(0.6)
        tell("proving", 0.5)
        tell("proving", 0.4)
        tell("proving", 1.0)
    assert "proving:  50%" in capsys.readouterr().err
    assert len(model.prove_many(rows.iloc[:2], progress=True)) == 2


def test_a_stop_by_progress_leaves_the_model_usable(model, row):
    def stop(stage, done):
        if stage == "lookup":
            raise RuntimeError("enough")
    with pytest.raises(RuntimeError, match="enough"):
        model.prove(row, progress=stop)
    assert model.verifier.verify(model.prove(row))


def test_an_interrupt_stops_a_long_proof_and_leaves_no_half_file(tmp_path):
    script = f"""
import numpy, signal, veil
signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background may ignore it
rows = numpy.loadtxt({str(CREDIT / 'calibration.csv')!r}, delimiter=",", skiprows=1)
m = veil.setup({str(CREDIT / 'credit.onnx')!r}, rows, bits=16, batch=300, claim="mean(score) >= 0.5")
m.verifier.save({str(tmp_path / 'verifier.veil')!r})
last = 0
def tell(stage, done):
    global last
    if stage == "lookup" and last < 0.41:  # at least once
        print("amid", flush=True)
    last = max(last, done)
try:
    m.prove(rows[:300], progress=tell).save({str(tmp_path / 'interrupted.proof')!r})
except KeyboardInterrupt:
    print("interrupted at", last, flush=True)
m.prove(rows[:300]).save({str(tmp_path / 'after.proof')!r})
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "amid\n"
    process.send_signal(signal.SIGINT)
    out = process.communicate(timeout=120)[0].replace("amid\n", "")
    assert out.startswith("interrupted at ") and float(out.split()[-1]) < 1 and process.returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["after.proof", "verifier.veil"]
    verifier = veil.Verifier.load(tmp_path / "verifier.veil")
    assert verifier.verify(veil.Proof.load(tmp_path / "after.proof"))


def test_the_package_is_imported_without_numpy_and_converters():
    script = "import sys, veil; print([n for n in ('numpy', 'onnx', 'sklearn', 'torch', 'tqdm') if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "[]\n"


def test_everything_public_is_described():
    for name in veil.__all__:
        public = getattr(veil, name)
        assert public.__doc__, name
        if isinstance(public, type):
            for part, member in vars(public).items():
                if not part.startswith("_") and (callable(member) or isinstance(member, (property, classmethod))):
                    assert member.__doc__, f"{name}.{part}"


def test_annotations_hold():
    pytest.importorskip("mypy")
    root = pathlib.Path(__file__).resolve().parents[1]
    done = subprocess.run([sys.executable, "-m", "mypy", "--config-file", str(root.parent / "pyproject.toml"),
                           "--cache-dir", os.devnull, "-p", "veil"], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
