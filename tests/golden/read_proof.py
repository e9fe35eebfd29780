#!/usr/bin/env python3
"""Reads Veil's files as docs/format.md describes them, without any of Veil's code, and accounts for every byte.

    read_proof.py FILE                               verifier.veil or prover.veil (secrets are not printed)
    read_proof.py VERIFIER PROOF [--context TEXT]    a proof, with the counts that follow from the key
    read_proof.py --summary ...                      sections and totals only

Recomputed here: the checksum, the circuit digest, the registration circuit, the model id, the rows of every owner, the
context digest. Checked: every scalar is below p, every point on the curve, no byte is left over. Exit 0: all as
documented; 1: a difference, with its offset. Nothing is *verified*: `veil verify` does that.
"""

import argparse
import json
import sys
from math import prod

P = 0x30644E72E131A029B85045B68181585D2833E84879B9709143E1F593F0000001
Q = 0x30644E72E131A029B85045B68181585D97816A916871CA8D3C208C16D87CFD47
GENERATORS_DIGEST = bytes.fromhex("bc0d6d41af5062d76530299e3e85a33c680826e7b15b9564d09cf50a60a47145")
PROTOCOL_VERSION = b"veil/3/bn254/keccak256"
OWNERS = ("model", "input", "witness", "public")
MODEL, INPUT, WITNESS, PUBLIC = range(4)
UNSIGNED, SIGNED, PIECES = 1, 2, 3


class Malformed(Exception):
    pass


# ---------------------------------------------------------------------------------------------------- Keccak-256

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


def _rotations():
    table, x, y = [0] * 25, 1, 0
    for t in range(24):
        table[x + 5 * y] = (t + 1) * (t + 2) // 2 % 64
        x, y = y, (2 * x + 3 * y) % 5
    return table


ROUND_CONSTANTS, ROTATIONS = _round_constants(), _rotations()


def _rotate(value, count):
    return (value << count | value >> (64 - count)) & MASK


def _permute(a):
    for constant in ROUND_CONSTANTS:
        c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        d = [c[(x + 4) % 5] ^ _rotate(c[(x + 1) % 5], 1) for x in range(5)]
        b = [0] * 25
        for x in range(5):
            for y in range(5):
                b[y + 5 * ((2 * x + 3 * y) % 5)] = _rotate(a[x + 5 * y] ^ d[x], ROTATIONS[x + 5 * y])
        a = [b[i] ^ (~b[i - i % 5 + (i + 1) % 5] & b[i - i % 5 + (i + 2) % 5] & MASK) for i in range(25)]
        a[0] ^= constant
    return a


def keccak256(data):
    rate = 136
    padded = bytearray(data) + b"\x01" + bytes(-(len(data) + 1) % rate)
    padded[-1] |= 0x80
    state = [0] * 25
    for at in range(0, len(padded), rate):
        for i in range(rate // 8):
            state[i] ^= int.from_bytes(padded[at + 8 * i : at + 8 * i + 8], "little")
        state = _permute(state)
    return b"".join(word.to_bytes(8, "little") for word in state[:4])


# ------------------------------------------------------------------------------------------------- reading, writing


class Input:
    """Walks the bytes; every take is one printed line, so what is printed is what was read."""

    def __init__(self, data, show, first=0):
        self.data, self.at, self.show, self.first = data, 0, show, first

    def take(self, size, label=None, text=None):
        if size > len(self.data) - self.at:
            raise Malformed(f"offset {self.first + self.at}: {label or 'a field'} needs {size} bytes, "
                            f"{len(self.data) - self.at} are left")
        piece = self.data[self.at : self.at + size]
        if label and self.show:
            shown = text(piece) if callable(text) else piece.hex() if text is None else text
            print(f"{self.first + self.at:9d}  {size:7d}  {label}{': ' + str(shown) if shown != '' else ''}")
        self.at += size
        return piece

    def fail(self, why):
        raise Malformed(f"offset {self.first + self.at}: {why}")

    def number(self, size, label, signed=False):
        return int.from_bytes(self.take(size, label, lambda b: int.from_bytes(b, "big", signed=signed)), "big",
                              signed=signed)

    def u8(self, label):
        return self.number(1, label)

    def u32(self, label):
        return self.number(4, label)

    def i32(self, label):
        return self.number(4, label, True)

    def u64(self, label):
        return self.number(8, label)

    def i64(self, label):
        return self.number(8, label, True)

    def flag(self, label):
        value = self.u8(label)
        if value > 1:
            self.fail(f"the flag '{label}' is {value}")
        return value == 1

    def magic(self, wanted):
        found = self.take(len(wanted), "magic", lambda b: repr(bytes(b)))
        if found != wanted:
            self.fail(f"magic is {found!r}, not {wanted!r}")

    def text(self, label):
        size = self.u64(label + ".size")
        return self.take(size, label, lambda b: repr(b.decode("utf-8", "replace"))).decode("utf-8", "surrogateescape")

    def list(self, label):
        return [self.i64(f"{label}[{i}]") for i in range(self.u32(label + ".count"))]

    def scalar(self, label, secret=False):
        piece = self.take(32, label, "(secret)" if secret else None)
        if int.from_bytes(piece, "big") >= P:
            self.fail(f"the scalar before here, {label}, is not below p")

    def point(self, label):
        piece = self.take(32, label)
        x = int.from_bytes(piece, "big") & ((1 << 255) - 1)
        square = (pow(x, 3, Q) + 3) % Q
        if x >= Q or pow(square, (Q - 1) // 2, Q) != 1:
            self.fail(f"the point before here, {label}, is the identity or not on the curve")
        return piece

    def point64(self, label):
        piece = self.take(64, label)
        x, y = int.from_bytes(piece[:32], "big"), int.from_bytes(piece[32:], "big")
        if (x, y) != (0, 0) and (x >= Q or y >= Q or (y * y - x * x * x - 3) % Q != 0):
            self.fail(f"the point before here, {label}, is not on the curve")
        return piece

    def block(self, label):
        """A block as an Input of its own; offsets go on counting in the file."""
        size = self.u64(label + ".size")
        inner = Input(self.data[self.at : self.at + size], self.show, self.first + self.at)
        if len(inner.data) != size:
            self.fail(f"{label} has {size} bytes, {len(inner.data)} are left")
        self.at += size
        return inner

    def end(self, what):
        if self.at != len(self.data):
            self.fail(f"{len(self.data) - self.at} bytes follow the end of {what}")


def u32(value):
    return value.to_bytes(4, "big")


def u64(value):
    return value.to_bytes(8, "big")


def i64(value):
    return value.to_bytes(8, "big", signed=True)


def text_bytes(value):
    data = value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape")
    return u64(len(data)) + data


def list_bytes(values):
    return u32(len(values)) + b"".join(i64(v) for v in values)


# ------------------------------------------------------------------------------------------------- section 4: circuit


def read_view(data, label):
    if not data.flag(label + ".has_tensor"):
        return None
    tensor = data.u32(label + ".tensor")
    axes = []
    for d in range(data.u32(label + ".rank")):
        terms = [(data.u32(f"{label}.index[{d}].axis"), data.i64(f"{label}.index[{d}].coefficient"))
                 for _ in range(data.u32(f"{label}.index[{d}].terms"))]
        axes.append((terms, data.i64(f"{label}.index[{d}].offset")))
    return tensor, axes


def read_form(data, label):
    return [(data.i64(f"{label}[{i}].coefficient"), read_view(data, f"{label}[{i}].view"))
            for i in range(data.u32(label + ".terms"))]


def read_expression(data, label):
    linear = read_form(data, label + ".linear")
    products = [(data.i64(f"{label}.product[{i}].coefficient"), read_form(data, f"{label}.product[{i}].left"),
                 read_form(data, f"{label}.product[{i}].right")) for i in range(data.u32(label + ".products"))]
    return linear, products


def read_tensor(data, label):
    tensor = {"name": data.text(label + ".name"), "shape": data.list(label + ".shape"),
              "low": data.i64(label + ".low"), "high": data.i64(label + ".high"),
              "owner": data.u8(label + ".owner"), "meaning": None}
    if tensor["owner"] > PUBLIC:
        data.fail("unknown owner")
    if data.flag(label + ".has_meaning"):
        tensor["meaning"] = {
            "text": data.text(label + ".meaning.text"), "unit": data.text(label + ".meaning.unit"),
            "labels": [data.text(f"{label}.meaning.label[{i}]") for i in range(data.u32(label + ".meaning.labels"))],
            "scales": [data.i32(f"{label}.meaning.scale[{i}]") for i in range(data.u32(label + ".meaning.scales"))]}
    return tensor


def read_circuit(data):
    data.magic(b"veil/circuit/1")
    circuit = {"tensors": [], "tables": [], "identities": [], "lookups": []}
    for i in range(data.u32("tensors")):
        circuit["tensors"].append(read_tensor(data, f"tensor[{i}]"))
    for i in range(data.u32("tables")):
        label = f"table[{i}]"
        circuit["tables"].append((data.u8(label + ".kind"), data.list(label + ".parameters"),
                                  data.u32(label + ".multiplicity")))
    for i in range(data.u32("identities")):
        label = f"identity[{i}]"
        circuit["identities"].append((data.text(label + ".name"), data.list(label + ".extent"),
                                      data.u32(label + ".box_rank"), read_expression(data, label)))
    for i in range(data.u32("lookups")):
        label = f"lookup[{i}]"
        head = (data.text(label + ".name"), data.list(label + ".extent"), data.u32(label + ".box_rank"),
                data.u32(label + ".table"))
        entries = [read_expression(data, f"{label}.entry[{e}]") for e in range(data.u32(label + ".entries"))]
        circuit["lookups"].append((*head, entries))
    circuit["claim"] = data.text("claim")
    return circuit


def form_bytes(form):
    out = u32(len(form))
    for coefficient, view in form:
        out += i64(coefficient)
        if view is None:
            out += b"\0"
            continue
        tensor, axes = view
        out += b"\1" + u32(tensor) + u32(len(axes))
        for terms, offset in axes:
            out += u32(len(terms)) + b"".join(u32(axis) + i64(c) for axis, c in terms) + i64(offset)
    return out


def expression_bytes(expression):
    linear, products = expression
    out = form_bytes(linear) + u32(len(products))
    for coefficient, left, right in products:
        out += i64(coefficient) + form_bytes(left) + form_bytes(right)
    return out


def tensor_bytes(tensor):
    out = text_bytes(tensor["name"]) + list_bytes(tensor["shape"]) + i64(tensor["low"]) + i64(tensor["high"])
    out += bytes([tensor["owner"], tensor["meaning"] is not None])
    if tensor["meaning"] is not None:
        m = tensor["meaning"]
        out += text_bytes(m["text"]) + text_bytes(m["unit"])
        out += u32(len(m["labels"])) + b"".join(map(text_bytes, m["labels"]))
        out += u32(len(m["scales"])) + b"".join(s.to_bytes(4, "big", signed=True) for s in m["scales"])
    return out


def circuit_bytes(circuit):
    out = b"veil/circuit/1" + u32(len(circuit["tensors"])) + b"".join(map(tensor_bytes, circuit["tensors"]))
    out += u32(len(circuit["tables"]))
    for kind, parameters, multiplicity in circuit["tables"]:
        out += bytes([kind]) + list_bytes(parameters) + u32(multiplicity)
    out += u32(len(circuit["identities"]))
    for name, extent, box_rank, expression in circuit["identities"]:
        out += text_bytes(name) + list_bytes(extent) + u32(box_rank) + expression_bytes(expression)
    out += u32(len(circuit["lookups"]))
    for name, extent, box_rank, table, entries in circuit["lookups"]:
        out += text_bytes(name) + list_bytes(extent) + u32(box_rank) + u32(table) + u32(len(entries))
        out += b"".join(map(expression_bytes, entries))
    return out + text_bytes(circuit["claim"])


# ------------------------------------------------------------------------------ section 6: registration and model id


def bits_of(shape):
    return sum((length - 1).bit_length() for length in shape)


def cut_of(shape, log_columns):
    """The axis of the row/column cut."""
    left, cut = log_columns, len(shape)
    while left > 0 and cut > 0 and (shape[cut - 1] - 1).bit_length() <= left:
        cut -= 1
        left -= (shape[cut] - 1).bit_length()
    return cut - 1 if left > 0 or cut == len(shape) else cut


def slices_of(tensor, log_columns):
    shape = tensor["shape"]
    axis = next((i for i, length in enumerate(shape) if length > 1), len(shape))
    if bits_of(shape) <= 19 or axis > cut_of(shape, log_columns):
        return [tensor]
    inner = bits_of(shape[:axis] + shape[axis + 1 :])
    row = 1 << max(0, log_columns - inner)
    step = max(row, 1 << max(0, 19 - inner))
    out, begin = [], 0
    while begin < shape[axis]:
        left = shape[axis] - begin
        length = left if left - step < row else step
        out.append({**tensor, "name": f"{tensor['name']}@{begin}", "shape": shape[:axis] + [length] + shape[axis + 1 :]})
        begin += length
    return out if len(out) > 1 else [tensor]


def registration_parts(circuit, log_columns):
    """The lists of tensors that are registered together."""
    model = [t for t in circuit["tensors"] if t["owner"] == MODEL]
    whole = [t for t in model if bits_of(t["shape"]) >= log_columns]
    small = [t for t in model if bits_of(t["shape"]) < log_columns]
    parts, cells = [], 0
    for together in [[s] for t in whole for s in slices_of(t, log_columns)] + ([small] if small else []):
        size = sum(1 << bits_of(t["shape"]) for t in together)
        if not parts or cells + size >= 1 << 22:
            parts.append([])
            cells = 0
        cells += size
        parts[-1] += together
    return [model] if len(parts) == 1 else parts


class Registration:
    def __init__(self, tensors):
        self.circuit = {"tensors": [dict(t) for t in tensors], "tables": [], "identities": [], "lookups": [],
                        "claim": ""}
        wide = sum(prod(t["shape"]) for t in tensors if (t["high"] - t["low"]).bit_length() > 8)
        self.limb_bits = 16 if wide >= 1 << 16 else 8
        for tensor in range(len(self.circuit["tensors"])):
            self.add_range(tensor)

    def whole(self, tensor):
        return tensor, [([(axis, 1)], 0) for axis in range(len(self.circuit["tensors"][tensor]["shape"]))]

    def add_tensor(self, name, shape, high):
        self.circuit["tensors"].append({"name": name, "shape": shape, "low": 0, "high": high, "owner": WITNESS,
                                        "meaning": None})
        return len(self.circuit["tensors"]) - 1

    def table(self, bits):
        for i, (_, parameters, _) in enumerate(self.circuit["tables"]):
            if parameters == [bits]:
                return i
        counts = self.add_tensor(f"multiplicity/unsigned.{bits}", [1 << bits], 0)
        self.circuit["tables"].append((UNSIGNED, [bits], counts))
        return len(self.circuit["tables"]) - 1

    def add_lookup(self, name, shape, bits, linear):
        table = self.table(bits)
        self.circuit["lookups"].append((name, shape, len(shape), table, [(linear, [])]))

    def add_limbs(self, name, shape, linear, bits):
        lowest = list(linear)
        for shift in range(self.limb_bits, bits, self.limb_bits):
            width = min(self.limb_bits, bits - shift)
            limb_name = f"{name}.{shift // self.limb_bits}"
            view = self.whole(self.add_tensor(limb_name, shape, (1 << width) - 1))
            self.add_lookup(limb_name, shape, width, [(1, view)])
            lowest.append((-(1 << shift), view))
        self.add_lookup(name + ".0", shape, min(self.limb_bits, bits), lowest)

    def add_range(self, tensor):
        t = self.circuit["tensors"][tensor]
        span = t["high"] - t["low"]
        bits = max(1, span.bit_length())
        value = (1, self.whole(tensor))
        name = t["name"] + "/range"
        self.add_limbs(name, t["shape"], [value] if t["low"] == 0 else [value, (-t["low"], None)], bits)
        if span == 0 or span & (span + 1):
            self.add_limbs(name + ".below", t["shape"], [(t["high"], None), (-1, value[1])], bits)


def model_id(key):
    circuit = key["circuit"]
    parts = [text_bytes(b"veil/model/1"), text_bytes(PROTOCOL_VERSION), keccak256(circuit_bytes(circuit)),
             u32(key["log_columns"]), GENERATORS_DIGEST, u64(len(key["rows"])), *key["rows"],
             bytes([key["visibility"]])]
    for tensors in registration_parts(circuit, key["log_columns"]) or [[]]:
        parts.append(keccak256(circuit_bytes(Registration(tensors).circuit)))
    return keccak256(b"".join(parts))


# ------------------------------------------------------------------------------------------------- section 7: rows


def size_of(shape):
    out = 1
    for length in shape:
        out *= length
    return out


def whole_rows(shape, bits, log_columns):
    left, cut = log_columns, len(shape)
    while left > 0 and cut > 0 and bits[cut - 1] <= left:
        cut -= 1
        left -= bits[cut]
    if left > 0:
        cut -= 1
        low_bits = left
    else:
        low_bits = bits[cut]
    return size_of(shape[:cut]) * -(-shape[cut] >> low_bits)


def rows_of(circuit, owner, log_columns):
    rows, widths = 0, []
    for tensor in circuit["tensors"]:
        if tensor["owner"] != owner:
            continue
        bits = [(length - 1).bit_length() for length in tensor["shape"]]
        if sum(bits) >= log_columns:
            rows += whole_rows(tensor["shape"], bits, log_columns)
        else:
            widths.append(1 << sum(bits))
    column = 1 << log_columns
    for width in sorted(widths, reverse=True):
        if column + width > 1 << log_columns:
            rows, column = rows + 1, 0
        column += width
    return rows


# ------------------------------------------------------------------------------------ sections 3, 2, 5, 8: the files


def is_point(piece):
    try:
        Input(piece, False).point("point")
        return True
    except Malformed:
        return False


def tree_depth(circuit):
    leaves = sum(1 << bits_of(extent[:box]) for _, extent, box, _, _ in circuit["lookups"])
    leaves += sum(1 << bits_of(circuit["tensors"][counts]["shape"]) for _, _, counts in circuit["tables"])
    return max(1, (leaves - 1).bit_length())


def sizes_of(data, circuit, log_columns):
    """Slots n and opened pads N. Both follow from the text, which is not run here: N is 2 d + 1 and one more for each
    product at most, and of those that fill the argument the first whose points are points is taken."""
    rows, columns = rows_of(circuit, WITNESS, log_columns), 1 << log_columns
    units, odd = divmod(len(data.data) - data.at, 32)
    expressions = [e for *_, e in circuit["identities"]] + [e for *_, entries in circuit["lookups"] for e in entries]
    least = 2 * tree_depth(circuit) + 1
    for opened in range(least, least + sum(len(products) for _, products in expressions) + 1):
        for slots in range(opened, 4097):
            shape = Opening(slots, opened, log_columns)
            if rows + shape.units() < units:
                continue
            if odd == 0 and rows + shape.units() == units:
                places = [*range(rows + shape.first_slot()), *range(units - shape.left - 2 * shape.folds, units - shape.left)]
                if all(is_point(data.data[data.at + 32 * i : data.at + 32 * i + 32]) for i in places):
                    return shape
            break
    data.fail(f"{len(data.data) - data.at} bytes are no argument of {rows} witness rows and {columns} columns")


class Opening:
    def __init__(self, slots, opened, log_columns):
        self.slots, self.opened = slots, opened
        self.pad_rows = -(-(slots + 1) >> log_columns)
        self.row_folds = self.pad_rows.bit_length()
        self.folds = min(3, max(0, log_columns - 4))
        self.left = 1 << (log_columns - self.folds)

    def first_slot(self):
        return 2 * self.pad_rows + 1

    def units(self):
        return self.first_slot() + self.slots + 3 + self.opened + 2 * self.row_folds + 1 + 2 * self.folds + self.left


def read_argument(data, circuit, log_columns, label=""):
    rows, columns = rows_of(circuit, WITNESS, log_columns), 1 << log_columns
    shape = sizes_of(data, circuit, log_columns)
    for i in range(rows):
        data.point(f"{label}row[{i}]")
    for name in ("P", "S"):
        for i in range(shape.pad_rows):
            data.point(f"{label}{name}[{i}]")
    data.point(label + "mask row")
    for i in range(shape.slots):
        data.scalar(f"{label}slot[{i}]")
    for name in ("cross", "error", "delta"):
        data.scalar(label + name)
    for i in range(shape.opened):
        data.scalar(f"{label}opened pad[{i}]")
    for i in range(shape.row_folds):
        data.scalar(f"{label}rows {i} low")
        data.scalar(f"{label}rows {i} high")
    data.scalar(label + "blinder")
    for i in range(shape.folds):
        data.point(f"{label}columns {i} low")
        data.point(f"{label}columns {i} high")
    for i in range(shape.left):
        data.scalar(f"{label}opened row[{i}]")
    data.end("the argument")
    return rows, shape.slots, columns


def read_model_key(data):
    begin = data.at
    circuit = read_circuit(data)
    raw = data.data[begin : data.at]
    if circuit_bytes(circuit) != raw:
        data.fail("the circuit's bytes are not what section 4 gives for it")
    key = {"circuit": circuit, "log_columns": data.u32("log_columns"), "visibility": data.u8("visibility")}
    if key["visibility"] > 1:
        data.fail("unknown visibility")
    key["rows"] = [data.point64(f"model row[{i}]") for i in range(data.u32("model rows"))]
    if key["visibility"] == 0 and bytes(64) in key["rows"]:
        data.fail("a row of a hidden model is the identity")
    wanted = rows_of(circuit, MODEL, key["log_columns"])
    if len(key["rows"]) != wanted:
        data.fail(f"{len(key['rows'])} model rows, the circuit gives {wanted}")
    proof = data.block("registration proof")
    parts = registration_parts(circuit, key["log_columns"])
    for i, tensors in enumerate(parts):
        one = proof if len(parts) == 1 else proof.block(f"registration proof {i}")
        key["registration"] = read_argument(one, Registration(tensors).circuit, key["log_columns"], "registration ")
    proof.end("the registration proof")
    return key


def read_prover_secrets(data, key):
    for tensor in key["circuit"]["tensors"]:
        if tensor["owner"] == MODEL:
            width = next(w for w in (1, 2, 4, 8) if -(1 << (8 * w - 1)) <= tensor["low"] and tensor["high"] < 1 << (8 * w - 1))
            raw = data.take(width * size_of(tensor["shape"]), f"weights of {tensor['name']}", "(secret)")
            for at in range(0, len(raw), width):
                if not tensor["low"] <= int.from_bytes(raw[at : at + width], "big", signed=True) <= tensor["high"]:
                    data.fail(f"a weight of {tensor['name']} is outside its range")
    count = data.u32("row blinders")
    if count != (len(key["rows"]) if key["visibility"] == 0 else 0):
        data.fail("the number of row blinders does not fit")
    for i in range(count):
        data.scalar(f"row blinder[{i}]", secret=True)
    data.take(32, "secret", "(secret)")


def read_import(data):
    has_output = data.flag("has output")
    if data.text("output") and not has_output:
        data.fail("an output where there is none")
    names = []
    for i in range(data.u32("open axes")):
        names.append(data.text(f"axis[{i}].name").encode("utf-8", "surrogateescape"))
        data.i64(f"axis[{i}].length")
    if names != sorted(set(names)):
        data.fail("the names of axes are not in strictly ascending order")
    data.end("import")


def read_graph(data):
    raw = data.take(len(data.data), "json", lambda b: f"{len(b)} bytes")
    graph = json.loads(raw)
    if json.dumps(graph, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() != raw:
        data.fail("the JSON is not canonical")
    if graph["format"] != "veil/quantised-graph/3":
        data.fail("another format of graph")


def section(data, wanted):
    name = data.text("section")
    if name != wanted:
        data.fail(f"section '{name}' where '{wanted}' must be")
    return data.block(wanted)


def read_key_file(raw, show):
    data = Input(raw, show)
    data.magic(b"veil/file/1")
    kind = data.u8("kind")
    if kind not in (1, 2):
        data.fail("unknown kind")
    model = section(data, "model")
    key = read_model_key(model)
    if kind == 1:
        read_prover_secrets(model, key)
    model.end("the section 'model'")
    read_graph(section(data, "graph"))
    read_import(section(data, "import"))
    if kind == 1:
        imputed = section(data, "imputed")
        for _ in range(imputed.u32("number of inputs")):
            for _ in range(imputed.u32("number of elements")):
                imputed.take(8, "value in place of a missing one", "(secret)")
        imputed.end("the section 'imputed'")
        onnx = section(data, "onnx")
        onnx.take(len(onnx.data), "model file", "(secret)")
    digest = keccak256(raw[: data.at])
    if data.take(32, "checksum") != digest:
        data.fail("the checksum is another one")
    data.end("the file")
    return key


def read_proof(raw, key, context, show):
    data = Input(raw, show)
    data.magic(b"veil/proof/1")
    found_id = data.take(32, "model id")
    found_context = data.take(32, "context digest")
    if found_id != model_id(key):
        data.fail("the model id is not that of the key")
    if context is not None and found_context != keccak256(context.encode("utf-8", "surrogateescape")):
        data.fail("the context digest is not that of the context")
    for tensor in key["circuit"]["tensors"]:
        if tensor["owner"] == PUBLIC:
            for i in range(size_of(tensor["shape"])):
                value = data.i64(f"public {tensor['name']}[{i}]")
                if not tensor["low"] <= value <= tensor["high"]:
                    data.fail("the public value before here is out of its range")
    inputs = rows_of(key["circuit"], INPUT, key["log_columns"])
    for i in range(inputs):
        data.point(f"input row[{i}]")
    return inputs, read_argument(data, key["circuit"], key["log_columns"])


def print_key(key):
    circuit = key["circuit"]
    print(f"circuit digest   {keccak256(circuit_bytes(circuit)).hex()}")
    print(f"model id         {model_id(key).hex()}")
    print(f"visibility       {('hidden', 'public')[key['visibility']]}")
    print(f"columns          {1 << key['log_columns']}")
    print("rows             " + ", ".join(f"{OWNERS[o]} {rows_of(circuit, o, key['log_columns'])}" for o in range(3)))
    print(f"constraints      {len(circuit['identities'])} identities, {len(circuit['lookups'])} lookups, "
          f"{len(circuit['tables'])} tables, {len(circuit['tensors'])} tensors")
    print(f"claim            {circuit['claim'] or '(the output is revealed)'}")
    if "registration" in key:
        rows, slots, columns = key["registration"]
        print(f"registration     {rows} witness rows, {slots} slots, {columns} columns")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("key")
    parser.add_argument("proof", nargs="?")
    parser.add_argument("--context")
    parser.add_argument("--summary", action="store_true")
    arguments = parser.parse_args()
    try:
        with open(arguments.key, "rb") as file:
            raw = file.read()
        key = read_key_file(raw, not arguments.summary and arguments.proof is None)
        print_key(key)
        print(f"all {len(raw)} bytes of {arguments.key} are accounted for")
        if arguments.proof is None:
            return 0
        with open(arguments.proof, "rb") as file:
            raw = file.read()
        inputs, (rows, slots, columns) = read_proof(raw, key, arguments.context, not arguments.summary)
        print(f"argument         {inputs} input rows, {rows} witness rows, {slots} slots, {columns} columns")
        print(f"all {len(raw)} bytes of {arguments.proof} are accounted for")
        return 0
    except (Malformed, OSError, UnicodeDecodeError, json.JSONDecodeError, KeyError) as error:
        print(f"read_proof.py: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
