"""BN254 G1, y^2 = x^3 + 3 over Fq: affine points as pairs (x, y), the identity as None."""

import hashlib

from .errors import require
from .field import P
from .keccak import Keccak256

Q = 0x30644E72E131A029B85045B68181585D97816A916871CA8D3C208C16D87CFD47
TAG = b"VEIL-V01-BN254G1_XMD:SHA-256_SVDW_RO_"
GENERATORS_DIGEST = bytes.fromhex("bc0d6d41af5062d76530299e3e85a33c680826e7b15b9564d09cf50a60a47145")
MAX_COLUMNS = 4096


def _root(square):
    """A square root, or None: q = 3 mod 4."""
    root = pow(square, (Q + 1) // 4, Q)
    return root if root * root % Q == square % Q else None


def is_on_curve(x, y):
    return x < Q and y < Q and (y * y - x * x * x - 3) % Q == 0


# ------------------------------------------------------------------------------------------------------ encodings


def decompress(data):
    """A point of a proof; the identity is no point here."""
    require(data != b"\x40" + bytes(31), "format/identity")
    number = int.from_bytes(data, "big")
    x, larger = number & (1 << 255) - 1, number >> 255
    require(x < Q, "format/point", "x is not below q")
    y = _root((x * x * x + 3) % Q)
    require(y is not None, "format/point", "not on the curve")
    return x, (y if (y > (Q - 1) // 2) == bool(larger) else Q - y)


def compress(point):
    if point is None:
        return b"\x40" + bytes(31)
    x, y = point
    return (x | (1 << 255 if y > (Q - 1) // 2 else 0)).to_bytes(32, "big")


def uncompressed(point):
    return bytes(64) if point is None else point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")


# ------------------------------------------------------------------------------------------------------- addition
#
# Jacobian coordinates (X, Y, Z) stand for (X / Z^2, Y / Z^3); None is the identity.


def _double(point):
    if point is None:
        return None
    x, y, z = point
    a, b = x * x % Q, y * y % Q
    c = b * b % Q
    d = 2 * ((x + b) * (x + b) - a - c) % Q
    e = 3 * a
    x3 = (e * e - 2 * d) % Q
    return x3, (e * (d - x3) - 8 * c) % Q, 2 * y * z % Q


def _add_affine(point, other):
    if point is None:
        return other[0], other[1], 1
    x1, y1, z1 = point
    x2, y2 = other
    zz = z1 * z1 % Q
    h = (x2 * zz - x1) % Q
    r = (y2 * z1 % Q * zz - y1) % Q
    if h == 0:
        return _double(point) if r == 0 else None
    hh = h * h % Q
    hhh = h * hh % Q
    v = x1 * hh % Q
    x3 = (r * r - hhh - 2 * v) % Q
    return x3, (r * (v - x3) - y1 * hhh) % Q, z1 * h % Q


def _add(point, other):
    if point is None:
        return other
    if other is None:
        return point
    x1, y1, z1 = point
    x2, y2, z2 = other
    zz1, zz2 = z1 * z1 % Q, z2 * z2 % Q
    u1, s1 = x1 * zz2 % Q, y1 * z2 % Q * zz2 % Q
    h = (x2 * zz1 - u1) % Q
    r = (y2 * z1 % Q * zz1 - s1) % Q
    if h == 0:
        return _double(point) if r == 0 else None
    hh = h * h % Q
    hhh = h * hh % Q
    v = u1 * hh % Q
    x3 = (r * r - hhh - 2 * v) % Q
    return x3, (r * (v - x3) - s1 * hhh) % Q, z1 * z2 % Q * h % Q


def _affine(point):
    if point is None:
        return None
    inverse = pow(point[2], -1, Q)
    square = inverse * inverse % Q
    return point[0] * square % Q, point[1] * square % Q * inverse % Q


def add(left, right):
    """Of affine points."""
    if right is None:
        return left
    return _affine(_add_affine(None if left is None else (*left, 1), right))


def multi_scalar(terms):
    """sum scalar * point over pairs (scalar, affine point): Pippenger's buckets, with signed digits."""
    terms = [(scalar % P, point) for scalar, point in terms if scalar % P and point is not None]
    width = max(2, len(terms).bit_length() - 2)
    windows = [dict() for _ in range(254 // width + 2)]
    for scalar, point in terms:
        at, negated = 0, (point[0], Q - point[1])
        while scalar:
            digit = scalar & (1 << width) - 1
            if digit > 1 << width - 1:
                digit -= 1 << width
            scalar = scalar - digit >> width
            if digit:
                buckets, key = windows[at], abs(digit)
                buckets[key] = _add_affine(buckets.get(key), point if digit > 0 else negated)
            at += 1
    total = None
    for buckets in reversed(windows):
        for _ in range(width if total is not None else 0):
            total = _double(total)
        total = _add(total, _sum_of_buckets(buckets))
    return _affine(total)


def _sum_of_buckets(buckets):
    running, total = None, None
    for key in range(max(buckets, default=0), 0, -1):
        running = _add(running, buckets.get(key))
        total = _add(total, running)
    return total


# ---------------------------------------------------------------------------------- generators (RFC 9380, SVDW, Z = 1)

_C1 = 4  # g(1) = 1 + 3
_C2 = -pow(2, -1, Q) % Q
_C3 = _root(-_C1 * 3 % Q)
_C3 = _C3 if _C3 % 2 == 0 else Q - _C3
_C4 = -4 * _C1 * pow(3, -1, Q) % Q


def _expand(message, size):
    tag = TAG + bytes([len(TAG)])
    first = hashlib.sha256(bytes(64) + message + size.to_bytes(2, "big") + b"\0" + tag).digest()
    block = hashlib.sha256(first + b"\1" + tag).digest()
    out = block
    for i in range(2, -(-size // 32) + 1):
        block = hashlib.sha256(bytes(a ^ b for a, b in zip(first, block)) + bytes([i]) + tag).digest()
        out += block
    return out[:size]


def _map(u):
    t = u * u % Q * _C1 % Q
    up, down = (1 + t) % Q, (1 - t) % Q
    inverse = pow(up * down, -1, Q) if up and down else 0
    third = u * down % Q * inverse % Q * _C3 % Q
    square = up * up % Q * inverse % Q
    for x in ((_C2 - third) % Q, (_C2 + third) % Q, (1 + _C4 * square * square) % Q):
        y = _root((x * x * x + 3) % Q)
        if y is not None:
            return x, (y if y % 2 == u % 2 else Q - y)
    raise AssertionError("one of the three is a square")


def hash_to_g1(message):
    data = _expand(message, 96)
    return add(*(_map(int.from_bytes(data[at : at + 48], "big") % Q) for at in (0, 48)))


_generators = []


def generators(count):
    """G_0 .. G_(count-1)."""
    while len(_generators) < count:
        _generators.append(hash_to_g1(b"G" + len(_generators).to_bytes(4, "big")))
    return _generators[:count]


H = hash_to_g1(b"H")


def generators_digest():
    """Four seconds; the tests compare it with GENERATORS_DIGEST."""
    hasher = Keccak256()
    for point in [*generators(MAX_COLUMNS), H]:
        hasher.update(uncompressed(point))
    return hasher.digest()
