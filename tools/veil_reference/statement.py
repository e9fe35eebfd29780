"""What an accepted proof says (docs/format.md, section 9)."""

from math import prod

from .circuit import INPUT, MODEL, PUBLIC
from .key import HIDDEN


def _output(tensor, integers):
    meaning = tensor.meaning
    scales = meaning.scales
    return {
        "name": meaning.text,
        "unit": meaning.unit,
        "values": [value * 2.0 ** scales[i % len(scales)] for i, value in enumerate(integers)],
        "integers": integers,
        "scale_log2": list(scales),
        "labels": list(meaning.labels),
    }


def _input(tensor):
    return {"name": tensor.meaning.text, "elements": prod(tensor.shape), "labels": list(tensor.meaning.labels)}


def _hidden(circuit, visibility):
    out = ["the model's weights"] if visibility == HIDDEN and circuit.of_owner(MODEL) else []
    if circuit.of_owner(INPUT):
        out.append("the input")
    out.append("everything in between")
    if circuit.claim and not circuit.of_owner(PUBLIC):
        out.append("the output, beyond the claim")
    return out


def statement(model, public, context):
    key, circuit = model.key, model.key.circuit
    return {
        "model_id": model.id.hex(),
        "model": "hidden" if key.visibility == HIDDEN else "public",
        "trust": "pinned" if model.pinned else "given",
        "claim": circuit.claim or None,
        "context": context.decode("utf-8", "surrogateescape"),
        "outputs": [_output(circuit.tensors[i], public[i]) for i in circuit.of_owner(PUBLIC)],
        "inputs": [_input(circuit.tensors[i]) for i in circuit.of_owner(INPUT)],
        "hidden": _hidden(circuit, key.visibility),
    }
