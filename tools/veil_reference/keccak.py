"""Keccak-256 with the original padding (0x01 .. 0x80), which hashlib does not have (its SHA-3 pads with 0x06)."""

import struct

RATE = 136
MASK = (1 << 64) - 1


def _round_constants():
    register, constants = 1, []
    for _ in range(24):
        value = 0
        for j in range(7):
            if register & 1:
                value |= 1 << ((1 << j) - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        constants.append(value)
    return constants


def _lane_steps():
    """For each lane of the output of rho and pi: where it comes from and how far it is turned."""
    turns, x, y = [0] * 25, 1, 0
    for t in range(24):
        turns[x + 5 * y] = (t + 1) * (t + 2) // 2 % 64
        x, y = y, (2 * x + 3 * y) % 5
    steps = [None] * 25
    for x in range(5):
        for y in range(5):
            steps[y + 5 * ((2 * x + 3 * y) % 5)] = (x + 5 * y, turns[x + 5 * y])
    return steps


def _write_permutation():
    """The source of the permutation with every index written out: four times as fast as loops."""
    lanes = [f"a{i}" for i in range(25)]
    lines = ["def permute(state):", f"    {', '.join(lanes)} = state", "    for constant in CONSTANTS:"]
    for x in range(5):
        lines.append(f"        c{x} = " + " ^ ".join(lanes[x + 5 * y] for y in range(5)))
    for x in range(5):
        near = f"c{(x + 1) % 5}"
        lines.append(f"        d{x} = c{(x + 4) % 5} ^ (({near} << 1 | {near} >> 63) & M)")
    for i, (source, turn) in enumerate(_lane_steps()):
        lines.append(f"        t = a{source} ^ d{source % 5}")
        lines.append(f"        b{i} = (t << {turn} | t >> {64 - turn}) & M" if turn else f"        b{i} = t")
    for i in range(25):
        row = i - i % 5
        lines.append(f"        a{i} = b{i} ^ ((b{row + (i + 1) % 5} ^ M) & b{row + (i + 2) % 5})")
    lines += ["        a0 ^= constant", f"    return [{', '.join(lanes)}]"]
    return "\n".join(lines)


_names = {"CONSTANTS": _round_constants(), "M": MASK}
exec(_write_permutation(), _names)  # the text comes from this file alone
_permute = _names["permute"]


class Keccak256:
    def __init__(self, data=b""):
        self.state, self.rest = [0] * 25, b""
        self.update(data)

    def update(self, data):
        data = self.rest + data
        whole = len(data) - len(data) % RATE
        for at in range(0, whole, RATE):
            self._absorb(data[at : at + RATE])
        self.rest = data[whole:]

    def _absorb(self, block):
        for i, word in enumerate(struct.unpack("<17Q", block)):
            self.state[i] ^= word
        self.state = _permute(self.state)

    def digest(self):
        padded = bytearray(self.rest) + b"\x01" + bytes(RATE - len(self.rest) - 1)
        padded[-1] |= 0x80
        self._absorb(bytes(padded))
        return struct.pack("<4Q", *self.state[:4])


def keccak256(data):
    return Keccak256(data).digest()
