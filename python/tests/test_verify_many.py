"""Many proofs at once get the verdicts that they would get alone."""

import time

import numpy
import pytest

import veil


@pytest.fixture(scope="module")
def proofs(model, rows):
    return model.prove_many(rows.iloc[:6], context=[f"loan {i}" for i in range(6)])


CONTEXTS = [f"loan {i}" for i in range(6)]


def alone(model, proofs, contexts):
    return [model.verifier.verify(proof, context) for proof, context in zip(proofs, contexts)]


def same(many, single):
    assert [(v.accepted, v.reason) for v in many] == [(v.accepted, v.reason) for v in single]
    assert [v.statement and v.statement.to_dict() for v in many] == [v.statement and v.statement.to_dict() for v in single]


def test_each_gets_the_verdict_that_it_would_get_alone(model, proofs):
    same(model.verifier.verify_many(proofs, CONTEXTS), alone(model, proofs, CONTEXTS))


@pytest.mark.parametrize("place", [1, 40, 70, 400, -33, -1])
def test_the_culprit_among_good_ones_is_named(model, proofs, place):
    forged = bytearray(proofs[2])
    forged[place] ^= 1
    some = [*proofs[:2], forged, *proofs[3:]]
    many = model.verifier.verify_many(some, CONTEXTS)
    assert [bool(verdict) for verdict in many] == [True, True, False, True, True, True]
    same(many, alone(model, some, CONTEXTS))


def test_several_culprits_are_all_named(model, proofs):
    some = [proofs[0], b"", bytes(proofs[2][:-32]), proofs[3], b"nonsense", bytes(proofs[5][:-1]) + b"\x00"]
    many = model.verifier.verify_many(some, CONTEXTS)
    same(many, alone(model, some, CONTEXTS))
    assert [bool(verdict) for verdict in many] == [True, False, False, True, False, False]


def test_contexts_are_those_of_their_own_proofs(model, proofs):
    assert not any(model.verifier.verify_many(proofs, "loan 0")[1:])
    assert model.verifier.verify_many(proofs, "loan 0")[0]
    swapped = [CONTEXTS[1], CONTEXTS[0], *CONTEXTS[2:]]
    many = model.verifier.verify_many(proofs, swapped)
    assert [bool(verdict) for verdict in many] == [False, False, True, True, True, True]
    assert "statement/context" in many[0].reason


def test_a_proof_of_another_model_is_rejected(model, claimed, proofs, rows):
    other = next(row for row in numpy.asarray(rows) if holds(claimed, row))
    many = model.verifier.verify_many([proofs[0], claimed.prove(other, "loan 1")], CONTEXTS[:2])
    assert many[0] and not many[1] and "statement/model" in many[1].reason


def holds(claimed, row):
    try:
        return bool(claimed.prove(row))
    except veil.FalseClaim:
        return False


def test_no_proofs_have_no_verdicts(model):
    assert model.verifier.verify_many([]) == []
    assert model.verifier.verify_many(iter([]), []) == []


def test_what_is_no_list_of_proofs_is_a_sentence(model, proofs):
    for wrong in (proofs[0], bytearray(b"proof"), 3, None):
        with pytest.raises(veil.InputError, match="list"):
            model.verifier.verify_many(wrong)
    for wrong in ("proof", [proofs[0], "proof"], [None], [3]):
        with pytest.raises(veil.InputError, match="bytes"):
            model.verifier.verify_many(wrong)
    with pytest.raises(veil.InputError, match="6 proofs and 2 things"):
        model.verifier.verify_many(proofs, CONTEXTS[:2])
    with pytest.raises(veil.InputError, match="text or bytes"):
        model.verifier.verify_many(proofs, [*CONTEXTS[:5], 3])


def test_a_hundred_cost_less_than_a_hundred_alone(model, rows):
    proofs = model.prove_many(rows.iloc[:100], context="audit")
    proofs[57] = proofs[57][:-1] + bytes([proofs[57][-1] ^ 1])
    begin = time.process_time()
    single = alone(model, proofs, ["audit"] * 100)
    between = time.process_time()
    many = model.verifier.verify_many(proofs, "audit")
    end = time.process_time()
    same(many, single)
    assert [i for i, verdict in enumerate(many) if not verdict] == [57]
    print(f"alone {10 * (between - begin):.2f} ms, together {10 * (end - between):.2f} ms each")
    assert end - between < between - begin
