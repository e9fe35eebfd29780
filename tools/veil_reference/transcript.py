"""The hash chain of docs/protocol/transcript.md: typed, labelled, length-prefixed absorbs; coins of 64 bytes modulo p."""

from .curve import compress
from .field import P
from .keccak import keccak256


class Transcript:
    def __init__(self):
        self.state, self.pending = bytes(32), []

    def _absorb(self, kind, label, data):
        label = label.encode("utf-8", "surrogateescape")
        self.pending += [kind, len(label).to_bytes(4, "big"), label, len(data).to_bytes(8, "big"), data]

    def absorb_bytes(self, label, data):
        self._absorb(b"b", label, data)

    def absorb_scalar(self, label, value):
        self._absorb(b"s", label, value.to_bytes(32, "big"))

    def absorb_point(self, label, point):
        self._absorb(b"p", label, compress(point))

    def challenge(self, label):
        self._absorb(b"c", label, b"")
        self.state = keccak256(self.state + b"".join(self.pending))
        self.pending = []
        return int.from_bytes(keccak256(self.state + b"\0") + keccak256(self.state + b"\1"), "big") % P
