"""Bytes to values (docs/format.md, section 1), and back where a digest needs it."""

from .curve import decompress, is_on_curve
from .errors import require
from .field import P

MAX_TEXT = 4096


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        require(size <= len(self.data) - self.at, "format/short", f"{size} bytes are missing at {self.at}")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size, signed=False):
        return int.from_bytes(self.take(size), "big", signed=signed)

    def u8(self):
        return self.number(1)

    def u32(self):
        return self.number(4)

    def u64(self):
        return self.number(8)

    def i32(self):
        return self.number(4, True)

    def i64(self):
        return self.number(8, True)

    def count(self, most, what):
        value = self.u32()
        require(value <= most, "format/limit", f"{value} {what}")
        return value

    def flag(self):
        value = self.u8()
        require(value <= 1, "format/flag", str(value))
        return value == 1

    def magic(self, wanted):
        require(self.take(len(wanted)) == wanted, "format/header", f"no {wanted.decode()}")

    def block(self):
        return Reader(self.take(self.u64()))

    def text(self):
        size = self.u64()
        require(size <= MAX_TEXT, "format/limit", f"a text of {size} bytes")
        return self.take(size).decode("utf-8", "surrogateescape")

    def list(self, most):
        return tuple(self.i64() for _ in range(self.count(most, "numbers of a list")))

    def scalar(self):
        value = self.number(32)
        require(value < P, "format/scalar")
        return value

    def points(self, count):
        """All bytes first: what is missing is named before what is wrong."""
        raw = self.take(32 * count)
        return [decompress(raw[at : at + 32]) for at in range(0, len(raw), 32)]

    def point64(self):
        x, y = self.number(32), self.number(32)
        if (x, y) == (0, 0):
            return None
        require(is_on_curve(x, y), "format/point")
        return x, y

    def end(self):
        require(self.at == len(self.data), "format/trailing", f"{len(self.data) - self.at} bytes")


def u8(value):
    return bytes([value])


def u32(value):
    return value.to_bytes(4, "big")


def u64(value):
    return value.to_bytes(8, "big")


def i64(value):
    return value.to_bytes(8, "big", signed=True)


def text(value):
    data = value.encode("utf-8", "surrogateescape")
    return u64(len(data)) + data


def numbers(values):
    return u32(len(values)) + b"".join(map(i64, values))
