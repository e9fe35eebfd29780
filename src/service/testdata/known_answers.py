#!/usr/bin/env python3
"""Computes the known answers of src/service/known_answers.h with Python's integers, from the definitions alone.

    src/service/testdata/known_answers.py > src/service/known_answers.h
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tests" / "golden"))
from read_proof import keccak256  # noqa: E402

R = 21888242871839275222246405745257275088548364400416034343698204186575808495617
Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583
COUNT, POINTS = 998, 300


def add(a, b):
    if a is None or b is None:
        return b if a is None else a
    if a[0] == b[0]:
        if (a[1] + b[1]) % Q == 0:
            return None
        slope = 3 * a[0] * a[0] * pow(2 * a[1], -1, Q) % Q
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, Q) % Q
    x = (slope * slope - a[0] - b[0]) % Q
    return x, (slope * (a[0] - x) - a[1]) % Q


def times(k, point):
    total = None
    while k:
        if k & 1:
            total = add(total, point)
        point, k = add(point, point), k >> 1
    return total


def compress(point):
    return (point[0] | (point[1] > (Q - 1) // 2) << 255).to_bytes(32, "big")


class Transcript:
    def __init__(self):
        self.state, self.pending = bytes(32), b""

    def absorb(self, kind, label, data):
        self.pending += kind + len(label).to_bytes(4, "big") + label + len(data).to_bytes(8, "big") + data

    def challenge(self, label):
        self.absorb(b"c", label, b"")
        self.state, self.pending = keccak256(self.state + self.pending), b""
        return int.from_bytes(keccak256(self.state + b"\0") + keccak256(self.state + b"\1"), "big") % R


def field():
    a = [pow(7, i, R) for i in range(COUNT)]
    b = [pow(11, i, R) for i in range(COUNT)]
    small = [(i * 2654435761 % 2**62) * (-1) ** i for i in range(COUNT)]
    half = COUNT // 2
    folded = [(a[i] + 13 * (a[i + half] - a[i])) % R for i in range(half)]
    yield "Product", pow(7, 500, R) * pow(11, 400, R)
    yield "Inner", sum(x * y for x, y in zip(a, b))
    yield "InnerInt", sum(x * y for x, y in zip(a, small))
    yield "Folded", sum(x * y for x, y in zip(folded, b))
    yield "Inverses", sum(pow(x, -1, R) * y for x, y in zip(a, b))
    rows = [[(5 * i + 3 * j) % 255 - 127 for j in range(20)] for i in range(40)]
    yield "WeightedRows", sum(b[j] * sum(a[i] * rows[i][j] for i in range(40)) for j in range(20))


def transcript():
    t = Transcript()
    t.absorb(b"b", b"text", b"veil")
    t.absorb(b"s", b"scalar", (5).to_bytes(32, "big"))
    t.absorb(b"p", b"point", compress((1, 2)))
    yield "Challenge", t.challenge(b"first")
    yield "NextChallenge", t.challenge(b"second")


def main():
    def line(name, value):
        print(f'inline constexpr std::string_view k{name} =\n    "{value}";')

    print("// Known answers. Written by testdata/known_answers.py; what they are is said there and in self_check.cc.")
    print("#pragma once\n\n#include <string_view>\n\nnamespace veil {\n")
    for name, value in field():
        line(name, f"{value % R:064x}")
    line("SumOfPoints", compress(times(sum(i * pow(7, i, R) for i in range(1, POINTS + 1)) % R, (1, 2))).hex())
    for size in (0, 136, 1000):
        line(f"Keccak{size}", keccak256(bytes((7 * i + 3) % 256 for i in range(size))).hex())
    for name, value in transcript():
        line(name, f"{value:064x}")
    print("\n}  // namespace veil")


if __name__ == "__main__":
    main()
