#!/usr/bin/env python3
"""Computes the generators and their digest a second time, from RFC 9380 alone, and compares with src/curve/generators.cc.

    pip install pycryptodome && python3 tools/reference_generators.py
"""
import hashlib
import re
from pathlib import Path

from Crypto.Hash import keccak

Q = 0x30644E72E131A029B85045B68181585D97816A916871CA8D3C208C16D87CFD47
TAG = b"VEIL-V01-BN254G1_XMD:SHA-256_SVDW_RO_"
COUNT = 4096


def expand_message_xmd(message, size):  # section 5.3.1
    tag = TAG + bytes([len(TAG)])
    b0 = hashlib.sha256(bytes(64) + message + size.to_bytes(2, "big") + b"\0" + tag).digest()
    blocks = [hashlib.sha256(b0 + b"\1" + tag).digest()]
    while 32 * len(blocks) < size:
        mixed = bytes(a ^ b for a, b in zip(b0, blocks[-1]))
        blocks.append(hashlib.sha256(mixed + bytes([len(blocks) + 1]) + tag).digest())
    return b"".join(blocks)[:size]


def g(x):
    return (x**3 + 3) % Q


def is_square(a):
    return pow(a, (Q - 1) // 2, Q) in (0, 1)


def sqrt(a):
    return pow(a, (Q + 1) // 4, Q)


Z = 1
C1 = g(Z)
C2 = -Z * pow(2, -1, Q) % Q
C3 = sqrt(-C1 * 3 * Z * Z % Q)
C3 = C3 if C3 % 2 == 0 else Q - C3
C4 = -4 * C1 * pow(3 * Z * Z, -1, Q) % Q


def map_to_curve(u):  # section 6.6.1, straight line
    tv1 = u * u * C1 % Q
    tv2 = (1 + tv1) % Q
    tv1 = (1 - tv1) % Q
    tv3 = pow(tv1 * tv2, Q - 2, Q)
    tv4 = u * tv1 * tv3 * C3 % Q
    x1 = (C2 - tv4) % Q
    x2 = (C2 + tv4) % Q
    x3 = (pow(tv2 * tv2 * tv3, 2, Q) * C4 + Z) % Q
    x = x1 if is_square(g(x1)) else x2 if is_square(g(x2)) else x3
    y = sqrt(g(x))
    assert y * y % Q == g(x)
    return x, y if y % 2 == u % 2 else Q - y


def add(p, r):
    (x1, y1), (x2, y2) = p, r
    assert x1 != x2
    slope = (y2 - y1) * pow(x2 - x1, -1, Q) % Q
    x = (slope * slope - x1 - x2) % Q
    return x, (slope * (x1 - x) - y1) % Q


def hash_to_g1(message):
    uniform = expand_message_xmd(message, 96)
    u0, u1 = (int.from_bytes(uniform[i : i + 48], "big") % Q for i in (0, 48))
    return add(map_to_curve(u0), map_to_curve(u1))


def main():
    digest = keccak.new(digest_bits=256)
    for message in [*(b"G" + i.to_bytes(4, "big") for i in range(COUNT)), b"H"]:
        x, y = hash_to_g1(message)
        digest.update(x.to_bytes(32, "big") + y.to_bytes(32, "big"))
    source = (Path(__file__).resolve().parent.parent / "src/curve/generators.cc").read_text()
    pinned = "".join(re.findall(r"0x([0-9a-f]{2})\b", source))
    print(digest.hexdigest(), "as pinned" if digest.hexdigest() == pinned else f"DIFFERS from {pinned}")
    return digest.hexdigest() != pinned


raise SystemExit(main())
