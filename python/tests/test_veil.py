import multiprocessing
import os
import pathlib
import pickle
import signal
import subprocess
import sys
import threading
import time

import numpy
import pytest

import veil
from conftest import CREDIT

PROGRAM = os.environ.get("VEIL_PROGRAM")


def test_a_proof_is_accepted_and_says_what_it_shows(model, row):
    proof = model.prove(row, context="loan 17")
    verdict = model.verifier.verify(proof, context="loan 17")
    assert verdict and verdict.accepted and verdict.reason == ""
    assert model.model_id in str(verdict.statement.to_dict())
    assert "accepted" in verdict._repr_html_() and "accepted" in repr(verdict)


def test_one_proof_about_many_rows(rows):
    model = veil.setup(CREDIT / "credit.onnx", rows, batch=50, claim="count(score >= 0.5) >= 10")
    assert model.batch == 50
    verdict = model.verifier.verify(model.prove(rows[:50], context="portfolio"), context="portfolio")
    assert verdict and "of 50 rows" in verdict.statement.claim
    proofs = model.prove_many(rows[:100])
    assert len(proofs) == 2 and all(model.verifier.verify(proof) for proof in proofs)
    with pytest.raises(veil.InputError, match="a proof is about 50"):
        model.prove(rows[:49])
    with pytest.raises(veil.InputError, match="no whole batches of 50"):
        model.prove_many(rows[:70])
    with pytest.raises(veil.InputError, match="Batch is a number"):
        veil.setup(CREDIT / "credit.onnx", rows, batch=0)


def test_what_is_bound_must_be_the_same(model, row):
    proof = model.prove(row, context="loan 17")
    assert not model.verifier.verify(proof, context="loan 18")
    assert not model.verifier.verify(proof)


def test_every_changed_byte_is_rejected_by_name(model, row):
    proof = bytearray(model.prove(row))
    for place in range(0, len(proof), max(1, len(proof) // 60)):
        proof[place] ^= 1
        verdict = model.verifier.verify(proof)
        assert not verdict and verdict.reason and verdict.statement is None
        proof[place] ^= 1
    assert model.verifier.verify(proof)
    assert not model.verifier.verify(bytes(proof[:-1]))
    assert not model.verifier.verify(b"")


def test_a_claim_is_shown_or_there_is_no_proof(claimed, rows):
    outcomes = set()
    for row in numpy.asarray(rows)[:40]:
        try:
            outcomes.add(bool(claimed.verifier.verify(claimed.prove(row))))
        except veil.FalseClaim as refused:
            assert "0.5" in str(refused)
            outcomes.add(None)
    assert outcomes == {True, None}


def test_rows_come_as_arrays_tables_and_dictionaries(model, rows):
    table = rows.iloc[:1]
    for row in (table, rows.iloc[0], numpy.asarray(table), numpy.asarray(table)[0], numpy.asarray(table)[0].tolist()):
        assert model.verifier.verify(model.prove(row))


def test_columns_are_taken_by_their_names(model, rows):
    first = numpy.asarray(rows)[0]
    shown = [value for each in model.verifier.verify(model.prove(first)).statement.outputs for value in each["values"]]
    turned = rows[rows.columns[::-1]].assign(answer="yes", customer=4711)
    named = {**dict(rows.iloc[0]), "customer": 4711}
    for row in (turned.iloc[:1], rows[rows.columns[::-1]].iloc[0], named):
        verdict = model.verifier.verify(model.prove(row))
        assert [value for each in verdict.statement.outputs for value in each["values"]] == shown
    assert model.evaluate(turned.iloc[:5]).rows == 5
    missing = rows.columns[3]
    for refused in (rows.drop(columns=missing), rows.drop(columns=missing).iloc[0], {missing + "s": 1.0}):
        with pytest.raises(veil.InputError, match=f"has no column .*'{missing}'"):
            model.prove(refused)


def test_many_rows_give_a_proof_each(model, rows):
    proofs = model.prove_many(rows.iloc[:3], context=["a", "b", "c"])
    assert [bool(model.verifier.verify(proof, bound)) for proof, bound in zip(proofs, "abc")] == [True] * 3
    assert len(model.prove_many(rows.iloc[:2])) == 2
    with pytest.raises(veil.InputError, match="3 rows"):
        model.prove_many(rows.iloc[:3], context=["a"])


def test_evaluate_compares_with_the_float_model(model, rows):
    comparison = model.evaluate(rows.iloc[:20])
    assert comparison.rows == 20 and comparison.max_abs_error < 0.01
    assert "<svg" in comparison._repr_html_()
    assert "max_abs_error" in dir(comparison)
    with pytest.raises(AttributeError, match="it has"):
        comparison.nothing


def test_keys_are_the_programs_files(model, row, tmp_path):
    model.save(tmp_path / "model")
    assert (tmp_path / "model" / "prover.veil").stat().st_mode & 0o077 == 0
    again = veil.load(tmp_path / "model")
    assert again.model_id == model.model_id and again.report == model.report
    proof = again.prove(row)
    proof.save(tmp_path / "proof.veil")
    assert veil.Proof.load(tmp_path / "proof.veil") == proof
    assert veil.Verifier.load(tmp_path / "model" / "verifier.veil", model.model_id).verify(proof)


@pytest.mark.skipif(PROGRAM is None, reason="VEIL_PROGRAM names no program")
def test_the_program_and_the_package_accept_each_others_proofs(model, rows, tmp_path):
    model.save(tmp_path)
    rows.iloc[:1].to_csv(tmp_path / "row.csv", index=False)
    model.prove(rows.iloc[0]).save(tmp_path / "proof.veil")
    verify = [PROGRAM, "verify", tmp_path / "verifier.veil", tmp_path / "proof.veil", "--model-id", model.model_id]
    assert subprocess.run(verify, capture_output=True).returncode == 0
    prove = [PROGRAM, "prove", tmp_path / "prover.veil", "--input", tmp_path / "row.csv", "--out", tmp_path / "other.veil"]
    done = subprocess.run(prove, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert model.verifier.verify(veil.Proof.load(tmp_path / "other.veil"))


def test_values_outside_of_the_range_are_told(model, row):
    with pytest.warns(veil.SaturationWarning, match="limit_bal"):
        model.prove([1e9, *row[1:]])


def test_an_unpickled_verifier_still_knows_its_model(model):
    pinned = pickle.loads(pickle.dumps(veil.Verifier(model.verifier_key, model.model_id)))
    assert pinned.__reduce__()[1] == (model.verifier_key, model.model_id)


def test_a_secret_key_is_for_its_owner(model, tmp_path):
    (tmp_path / "prover.veil").touch(0o644)
    model.prover_key.save(tmp_path / "prover.veil")
    assert (tmp_path / "prover.veil").stat().st_mode & 0o077 == 0
    assert [each.name for each in tmp_path.iterdir()] == ["prover.veil"]


def test_secrets_do_not_appear(model):
    assert repr(model.prover_key) == str(model.prover_key) and "secret" in repr(model.prover_key)
    assert len(repr(model.prover_key)) < 60 and "weights are not shown" in repr(model)


def test_everything_can_be_pickled(model, row):
    proof = pickle.loads(pickle.dumps(model)).prove(row)
    assert type(pickle.loads(pickle.dumps(proof))) is veil.Proof
    verdict = pickle.loads(pickle.dumps(model.verifier)).verify(pickle.loads(pickle.dumps(proof)))
    assert verdict and pickle.loads(pickle.dumps(verdict)) == verdict
    assert type(pickle.loads(pickle.dumps(model.prover_key))) is veil.ProverKey


@pytest.mark.parametrize("wrong, sentence", [
    ({"model": b"nonsense"}, "not an ONNX file"),
    ({"model": CREDIT / "nowhere.onnx"}, "cannot be read"),
    ({"model": 17}, "none of"),
    ({"claim": "score is nice"}, "claim"),
    ({"bits": 9}, "Bits"),
    ({"calibration": [["a"]]}, "numbers"),
    ({"calibration": numpy.zeros((3, 4))}, "shape"),
    ({"dims": {"tokens": 3}}, "tokens"),
    ({"progress": 3}, "progress"),
])
def test_what_setup_cannot_use_is_a_sentence(rows, wrong, sentence):
    arguments = {"model": CREDIT / "credit.onnx", "calibration": rows, **wrong}
    with pytest.raises(veil.InputError, match=sentence):
        veil.setup(**arguments)


def test_what_others_cannot_use_is_a_sentence(model, row):
    with pytest.raises(veil.InputError):
        model.prove(row[:-1])
    with pytest.raises(veil.InputError, match="bound"):
        model.prove(row, context=3)
    with pytest.raises(veil.InputError, match="bytes"):
        model.verifier.verify("proof")
    with pytest.raises(veil.InputError, match="bytes"):
        veil.Verifier("key")
    with pytest.raises(veil.InputError):
        veil.Verifier(b"key")
    with pytest.raises(veil.InputError):
        veil.Model(b"key", model.verifier_key)
    with pytest.raises(veil.InputError, match="cannot be loaded"):
        veil.load("nowhere")
    with pytest.raises(veil.KeyRejected):
        veil.Verifier(model.verifier_key, "0" * 64)


def test_a_missing_converter_is_named(monkeypatch, rows):
    class Net:
        pass
    Net.__module__ = "torch.nn"
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(veil.MissingExtra, match=r"pip install 'veil\[torch\]'"):
        veil.setup(Net(), rows)


def test_a_fitted_model_in_four_lines(rows):
    pytest.importorskip("skl2onnx")
    from sklearn.linear_model import LogisticRegression

    X = numpy.asarray(rows)[:200]
    y = X[:, 0] > numpy.median(X[:, 0])
    m = veil.setup(LogisticRegression().fit(X, y), X)
    proof = m.prove(X[0])
    assert m.verifier.verify(proof)


def test_progress_is_told_and_may_stop(rows):
    told = []
    veil.setup(CREDIT / "credit.onnx", rows, progress=lambda stage, done: told.append((stage, done)))
    assert told and all(0 <= done <= 1 for _, done in told)

    def stop(stage, done):
        raise RuntimeError("enough")
    with pytest.raises(RuntimeError, match="enough"):
        veil.setup(CREDIT / "credit.onnx", rows, progress=stop)


def test_threads_prove_at_once(model, rows):
    proofs = [None] * 4

    def work(i):
        proofs[i] = [model.prove(numpy.asarray(rows)[i]) for _ in range(3)]
    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(model.verifier.verify(proof) for some in proofs for proof in some)


def test_proofs_are_prepared(model, row):
    model.prepare(2)
    assert model.prepared == 2
    model.prepare(1)  # there already
    assert model.prepared == 2
    proofs = [model.prove(row) for _ in range(3)]  # the third is made without
    assert model.prepared == 0
    assert len({bytes(proof) for proof in proofs}) == 3
    assert all(model.verifier.verify(proof) for proof in proofs)
    for wrong, sentence in ((-1, "cannot be negative"), (1025, "At most 1024 proofs")):
        with pytest.raises(veil.InputError, match=sentence):
            model.prepare(wrong)
    model.prepare(1)
    assert pickle.loads(pickle.dumps(model)).prepared == 0
    process = multiprocessing.get_context("fork").Process(target=lambda: os._exit(0 if model.prepared == 0 else 1))
    process.start()
    process.join()
    assert process.exitcode == 0 and model.prepared == 1
    model.prove(row)


def test_a_forked_child_proves(model, row):
    def child():
        os._exit(0 if model.verifier.verify(model.prove(row)) else 1)
    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join(60)
    assert process.exitcode == 0


def test_an_interrupt_stops_a_setup(tmp_path):
    script = f"""
import veil, numpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background may ignore it
rows = numpy.loadtxt({str(CREDIT / 'calibration.csv')!r}, delimiter=",", skiprows=1)
print("begin", flush=True)
try:
    while True:
        veil.setup({str(CREDIT / 'credit.onnx')!r}, rows)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "begin\n"
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60)[0] == "interrupted\n" and process.returncode == 0
    finally:
        process.kill()


def test_an_interrupt_stops_a_long_proof(tmp_path):
    script = f"""
import numpy, os, signal, threading, time, veil
signal.signal(signal.SIGINT, signal.default_int_handler)
rows = numpy.loadtxt({str(CREDIT / 'calibration.csv')!r}, delimiter=",", skiprows=1)
rows = numpy.tile(rows, (8, 1))[:4000]
model = veil.setup({str(CREDIT / 'credit.onnx')!r}, rows, batch=len(rows), bits=16, claim="mean(score) >= 0.01")
start = time.monotonic()
model.prove(rows)
whole = time.monotonic() - start
threading.Timer(0.3 * whole, os.kill, (os.getpid(), signal.SIGINT)).start()
start = time.monotonic()
try:
    model.prove(rows)
    print("proved")
except KeyboardInterrupt:
    print("interrupted", time.monotonic() - start < 0.8 * whole)
assert model.verifier.verify(model.prove(rows))
"""
    done = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, timeout=300)
    assert done.stdout == "interrupted True\n" and done.returncode == 0


def test_memory_does_not_grow_with_proofs(model, row):
    def resident():
        fields = pathlib.Path("/proc/self/statm").read_text().split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")
    for _ in range(50):
        model.verifier.verify(model.prove(row))
    before = resident()
    for _ in range(1000):
        model.prove(row)
    assert resident() - before < 16 << 20
