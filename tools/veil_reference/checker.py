"""What the text of the argument computes with (docs/protocol/overview.md, pads-and-fold.md).

A Value is a public affine form in the messages under their pads. A constraint is `sum A B + linear = 0`; none is
decided here: the opening joins them all.
"""

from typing import NamedTuple

from .errors import require
from .field import P

MAX_SLOTS = 4096


class Value:
    __slots__ = ("constant", "slots")

    def __init__(self, constant=0, slots=None):
        self.constant, self.slots = constant, slots or {}

    def __add__(self, other):
        return self.plus(other, 1)

    def __sub__(self, other):
        return self.plus(other, -1)

    def plus(self, other, factor):
        """self + factor other."""
        if not isinstance(other, Value):
            return Value((self.constant + factor * other) % P, self.slots)
        slots = dict(self.slots)
        for slot, weight in other.slots.items():
            slots[slot] = (slots.get(slot, 0) + factor * weight) % P
        return Value((self.constant + factor * other.constant) % P, slots)

    def __mul__(self, factor):
        return Value(self.constant * factor % P, {slot: w * factor % P for slot, w in self.slots.items()})

    def at(self, messages):
        return (self.constant + sum(w * messages[slot] for slot, w in self.slots.items())) % P


class Constraint(NamedTuple):
    name: str
    products: tuple  # pairs of Values
    linear: Value


class Checker:
    """Receives messages and draws coins. Without a proof it only counts, with 0 for every coin."""

    def __init__(self, transcript=None, messages=None):
        self.transcript, self.messages = transcript, messages
        self.count, self.constraints = 0, []

    def receive(self, label):
        require(self.count < MAX_SLOTS, "model/size", "more than 4096 messages")
        slot = self.count
        self.count += 1
        if self.transcript:
            self.transcript.absorb_scalar(label, self.messages[slot])
        return Value(0, {slot: 1})

    def challenge(self, label):
        return self.transcript.challenge(label) if self.transcript else 0

    def require_zero(self, name, products, linear):
        self.constraints.append(Constraint(name, products, linear))

    def opened_slots(self):
        """Slots whose pads are opened: one factor of every product (docs/protocol/opening.md, N)."""
        opened = set()
        for constraint in self.constraints:
            for left, right in constraint.products:
                needs = [set(side.slots) - opened for side in (left, right)]
                if all(needs):
                    opened |= needs[0] if len(left.slots) == 1 else needs[1]
        return sorted(opened)
