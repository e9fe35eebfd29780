#!/usr/bin/env python3
"""Keys of which one part of the circuit was changed: both validators accept it, or both reject it by the same name.

    python3 tools/veil_reference/tests/test_validator.py --veil build/release/veil [--count 40] [--seed 1] [--keys FILE...]
"""

import argparse
import collections
import json
import pathlib
import random
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools"))

from veil_reference import reader as write  # noqa: E402
from veil_reference.circuit import Product, circuit_bytes  # noqa: E402
from veil_reference.curve import uncompressed  # noqa: E402
from veil_reference.errors import Rejected  # noqa: E402
from veil_reference.keccak import keccak256  # noqa: E402
from veil_reference.key import read_verifier_file  # noqa: E402
from veil_reference.validate import validate_circuit  # noqa: E402

GOLDEN = ROOT / "tests" / "golden" / "proofs"


class Nothing(Exception):
    """There was nothing to change."""


class Changes:
    def __init__(self, coins):
        self.coins = coins

    def one_of(self, items):
        if not items:
            raise Nothing
        return self.coins.randrange(len(items))

    def replaced(self, items, change):
        at = self.one_of(items)
        return (*items[:at], change(items[at]), *items[at + 1:])

    def without(self, items):
        at = self.one_of(items)
        return (*items[:at], *items[at + 1:])

    def tensor(self, tensor, circuit):
        kind = self.coins.randrange(4)
        return (tensor._replace(low=tensor.low + self.coins.choice([-1, 1])),
                tensor._replace(high=tensor.high + self.coins.choice([-1, 1, tensor.high])),
                tensor._replace(owner=self.coins.randrange(4)),
                tensor._replace(name=self.coins.choice(circuit.tensors).name))[kind]

    def axis(self, axis, extent):
        terms, offset = axis
        kind = self.coins.randrange(3)
        if kind == 0 or not terms:
            return terms, offset + self.coins.choice([-1, 1])
        if kind == 1:
            return (), self.coins.choice([0, 1])
        return self.replaced(terms, lambda term: (self.coins.randrange(len(extent)), self.coins.choice([term[1], 1, -1, 2]))), offset

    def term(self, term, circuit, extent):
        coefficient, view = term
        if view is None:
            return coefficient + self.coins.choice([-1, 1, 100]), None
        kind = self.coins.randrange(3)
        if kind == 0:
            return self.coins.choice([-coefficient, 2 * coefficient, coefficient + 1, 256 * coefficient]), view
        if kind == 1:
            shape = circuit.tensors[view.tensor].shape
            alike = [i for i, tensor in enumerate(circuit.tensors) if tensor.shape == shape]
            return coefficient, view._replace(tensor=self.coins.choice(alike))
        return coefficient, view._replace(axes=self.replaced(view.axes, lambda axis: self.axis(axis, extent)))

    def form(self, form, circuit, extent):
        kind = self.coins.randrange(5)
        if kind == 0:
            return self.without(form)
        if kind == 1:
            return (*form, form[self.one_of(form)])
        return self.replaced(form, lambda term: self.term(term, circuit, extent))

    def product(self, product, circuit, extent):
        kind = self.coins.randrange(4)
        if kind == 0:
            return product._replace(coefficient=self.coins.choice([-product.coefficient, 2 * product.coefficient, 0]))
        if kind == 1:
            return Product(product.coefficient, product.right, product.left)
        side = ("left", "right")[kind - 2]
        return product._replace(**{side: self.form(getattr(product, side), circuit, extent)})

    def expression(self, expression, circuit, extent):
        if expression.products and self.coins.random() < 0.5:
            changed = self.replaced(expression.products, lambda product: self.product(product, circuit, extent))
            return expression._replace(products=changed)
        return expression._replace(linear=self.form(expression.linear, circuit, extent))

    def constraint(self, constraint, circuit):
        kind = self.coins.randrange(8)
        if kind == 0:
            return constraint._replace(extent=self.replaced(constraint.extent, lambda n: max(1, n + self.coins.choice([-1, 1]))))
        if kind == 1:
            return constraint._replace(box_rank=self.coins.randrange(len(constraint.extent) + 1))
        if hasattr(constraint, "entries"):
            if kind == 2:
                return constraint._replace(table=self.coins.randrange(len(circuit.tables)))
            return constraint._replace(entries=self.replaced(
                constraint.entries, lambda entry: self.expression(entry, circuit, constraint.extent)))
        return constraint._replace(expression=self.expression(constraint.expression, circuit, constraint.extent))

    def circuit(self, circuit):
        kind = self.coins.randrange(10)
        part = self.coins.choice(["identities", "lookups"])
        if kind == 0:
            return circuit._replace(**{part: self.without(getattr(circuit, part))})
        if kind == 1:
            return circuit._replace(tensors=self.replaced(circuit.tensors, lambda tensor: self.tensor(tensor, circuit)))
        if kind == 2:
            def change(table):
                return table._replace(multiplicity=self.coins.randrange(len(circuit.tensors)))
            return circuit._replace(tables=self.replaced(circuit.tables, change))
        return circuit._replace(**{part: self.replaced(getattr(circuit, part), lambda each: self.constraint(each, circuit))})


def key_file(raw, key, circuit):
    """The same file with another circuit in its key."""
    from veil_reference.reader import Reader
    data = Reader(raw)
    data.magic(b"veil/file/1")
    data.u8()
    sections = [(data.text(), data.block().data) for _ in range(3)]
    model = (circuit_bytes(circuit) + write.u32(key.log_columns) + bytes([key.visibility]) + write.u32(len(key.rows)) +
             b"".join(map(uncompressed, key.rows)) + write.u64(len(key.registration)) + key.registration)
    out = b"veil/file/1\x02"
    for name, content in sections:
        content = model if name == "model" else content
        out += write.text(name) + write.u64(len(content)) + content
    return out + keccak256(out)


def program_says(veil, key, proof):
    said = subprocess.run([veil, "verify", key, proof, "--json"], capture_output=True, text=True, timeout=120)
    if said.returncode == 2:
        return "unreadable"
    reason = json.loads(said.stdout)["reason"] or ""
    return reason if reason.startswith("circuit/") else "fine"  # the rest of the key, and the proof, are another matter


def reference_says(raw):
    try:
        circuit = read_verifier_file(raw).circuit
    except Rejected:
        return "unreadable"
    try:
        validate_circuit(circuit)
    except Rejected as error:
        return error.name
    return "fine"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--veil", required=True)
    parser.add_argument("--count", type=int, default=40, help="changed circuits")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keys", nargs="+", type=pathlib.Path, help="verifier.veil files, each with its proof beside it")
    arguments = parser.parse_args()
    keys = arguments.keys or [GOLDEN / name / "verifier.veil" for name in ("claim", "public", "batch", "missing")]
    changes = Changes(random.Random(arguments.seed))
    path = pathlib.Path(tempfile.mkdtemp(prefix="veil-validator-")) / "verifier.veil"
    counts, differ = collections.Counter(), 0
    while sum(counts.values()) < arguments.count:
        file = changes.coins.choice(keys)
        raw = file.read_bytes()
        key = read_verifier_file(raw)
        try:
            changed = key_file(raw, key, changes.circuit(key.circuit))
        except (Nothing, OverflowError):
            continue
        path.write_bytes(changed)
        program, reference = program_says(arguments.veil, path, file.parent / "proof"), reference_says(changed)
        counts[program] += 1
        if program != reference:
            differ += 1
            kept = path.with_name(f"differs_{differ}.veil")
            kept.write_bytes(changed)
            print(f"{kept}: the program says {program}, the reference {reference}", flush=True)
    print(f"{sum(counts.values())} changed circuits, {differ} told apart:", ", ".join(f"{n} {what}" for what, n in counts.most_common()))
    sys.exit(1 if differ or len(counts) < 3 else 0)


if __name__ == "__main__":
    main()
