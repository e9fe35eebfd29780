"""One argument: the text of docs/protocol/overview.md, on a statement."""

from math import prod
from typing import NamedTuple

from .checker import Checker
from .circuit import PUBLIC
from .claims import Claims, reduce_columns
from .curve import GENERATORS_DIGEST
from .einsum import check_einsum
from .field import P
from .key import VERSION
from .layout import Layout, make_layout
from .lookup import check_lookups
from .opening import Shape, check_opening, read_argument
from .transcript import Transcript
from .weights import Statement


class Prepared(NamedTuple):
    """What follows from circuit and columns alone."""

    circuit: object
    digest: bytes
    layout: Layout
    shape: Shape


def _text(checker, statement, layout):
    claims = Claims()
    owed = check_lookups(checker, statement, claims)
    check_einsum(checker, statement, owed, claims)
    return reduce_columns(checker, statement, layout, claims)


def _zeros(circuit):
    return {i: [0] * prod(circuit.tensors[i].shape) for i in circuit.of_owner(PUBLIC)}


def prepare(circuit, digest, log_columns):
    layout, checker = make_layout(circuit, log_columns), Checker()
    _text(checker, Statement(circuit, _zeros(circuit)), layout)
    return Prepared(circuit, digest, layout, Shape(checker.count, tuple(checker.opened_slots()), log_columns))


def _absorb_statement(transcript, prepared, model_rows, input_rows, public, context):
    layout, circuit = prepared.layout, prepared.circuit
    transcript.absorb_bytes("version", VERSION.encode())
    transcript.absorb_bytes("circuit", prepared.digest)
    transcript.absorb_bytes("generators", GENERATORS_DIGEST)
    sizes = layout.log_columns.to_bytes(4, "big")
    for size in (prepared.shape.slots, *layout.rows):
        sizes += size.to_bytes(8, "big")
    transcript.absorb_bytes("sizes", sizes)
    for label, rows in (("model", model_rows), ("input", input_rows)):
        for i, row in enumerate(rows):
            transcript.absorb_point(f"{label}/{i}", row)
    for tensor, values in sorted(public.items()):
        for i, value in enumerate(values):
            transcript.absorb_scalar(f"public/{circuit.tensors[tensor].name}/{i}", value % P)
    transcript.absorb_bytes("context", context)


def _absorb_commitments(transcript, proof):
    for label, rows in (("row", proof.rows), ("pad/P", proof.pads), ("pad/S", proof.masks)):
        for i, row in enumerate(rows):
            transcript.absorb_point(f"{label}/{i}", row)
    transcript.absorb_point("pad/mask", proof.mask_row)


def verify_argument(prepared, raw, model_rows, input_rows, public, context):
    """Returns, or raises Rejected."""
    proof = read_argument(raw, prepared.layout.rows[2], prepared.shape)
    transcript = Transcript()
    _absorb_statement(transcript, prepared, model_rows, input_rows, public, context)
    _absorb_commitments(transcript, proof)
    checker = Checker(transcript, proof.slots)
    reduced = _text(checker, Statement(prepared.circuit, public), prepared.layout)
    committed = [*model_rows, *input_rows, *proof.rows]
    check_opening(transcript, checker, reduced, prepared.shape, proof, committed)
