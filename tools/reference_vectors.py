#!/usr/bin/env python3
"""Writes test vectors computed by an independent library: py_ecc (https://github.com/ethereum/py_ecc, MIT), version 8.

    pip install py_ecc && python3 tools/reference_vectors.py

  src/field/testdata/fields.txt   F a b a+b a-b a*b 1/a   F is "r" (Fr) or "q" (Fq), numbers in hexadecimal; 1/0 is 0
  src/curve/testdata/curve.txt    add x1 y1 x2 y2 x y
                                  mul k x1 y1 x y
                                  msm count, then count lines "k x y", then one line "x y"; 0 0 is the identity
Lines that begin with # are comments. The files are deterministic: run it again and nothing changes.
"""
import random
from pathlib import Path

from py_ecc.bn128 import bn128_curve as bn
from py_ecc.fields.field_elements import FQ

ROOT = Path(__file__).resolve().parent.parent
HEADER = "# Written by tools/reference_vectors.py with py_ecc; the format is described there.\n"


class Fq(FQ):
    field_modulus = bn.field_modulus


class Fr(FQ):
    field_modulus = bn.curve_order


def edge_values(modulus):
    return [0, 1, 2, modulus - 1, modulus - 2, (modulus - 1) // 2, (modulus + 1) // 2, 2**256 % modulus,
            2**512 % modulus, -(2**256) % modulus, 2**64, 2**128 - 1, 2**253]


def field_lines(name, field, rng):
    modulus = field.field_modulus
    edges = edge_values(modulus)
    pairs = [(a, b) for a in edges for b in edges]
    pairs += [(rng.randrange(modulus), rng.randrange(modulus)) for _ in range(60)]
    for a, b in pairs:
        x, y = field(a), field(b)
        inverse = (field(1) / x).n if a else 0
        assert inverse * a % modulus == (1 if a else 0)
        yield f"{name} {a:x} {b:x} {(x + y).n:x} {(x - y).n:x} {(x * y).n:x} {inverse:x}\n"


def text(point):
    return "0 0" if point is None else f"{point[0].n:x} {point[1].n:x}"


def curve_lines(rng):
    def some_point():
        return bn.multiply(bn.G1, rng.randrange(bn.curve_order))

    g, points = bn.G1, [some_point() for _ in range(12)]
    pairs = [(g, g), (g, bn.neg(g)), (g, None), (None, g), (None, None), (g, bn.double(g))]
    pairs += list(zip(points, points[1:])) + [(p, p) for p in points[:3]] + [(p, bn.neg(p)) for p in points[:3]]
    for p, q in pairs:
        yield f"add {text(p)} {text(q)} {text(bn.add(p, q))}\n"
    scalars = edge_values(bn.curve_order) + [3, 2**127, 2**127 - 1] + [rng.randrange(bn.curve_order) for _ in range(12)]
    for k in scalars:
        p = some_point()
        yield f"mul {k:x} {text(p)} {text(bn.multiply(p, k))}\n"
    yield f"mul {5:x} {text(None)} {text(None)}\n"
    for count in (1, 2, 5, 17, 64):
        terms = [(rng.choice(scalars + [rng.randrange(bn.curve_order)] * 20), some_point()) for _ in range(count)]
        if count >= 5:  # an equal pair, an opposite pair, and an identity
            terms[1] = (terms[0][0], terms[0][1])
            terms[3] = (terms[2][0], bn.neg(terms[2][1]))
            terms[4] = (7, None)
        total = None
        yield f"msm {count}\n"
        for k, p in terms:
            total = bn.add(total, None if p is None else bn.multiply(p, k))
            yield f"{k:x} {text(p)}\n"
        yield f"{text(total)}\n"


def write(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEADER + "".join(lines))
    print(path.relative_to(ROOT), path.stat().st_size, "bytes")


def main():
    rng = random.Random("veil reference vectors")
    write(ROOT / "src/field/testdata/fields.txt", [*field_lines("r", Fr, rng), *field_lines("q", Fq, rng)])
    write(ROOT / "src/curve/testdata/curve.txt", curve_lines(rng))


main()
