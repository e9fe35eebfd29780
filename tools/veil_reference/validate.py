"""The structural validator (docs/protocol/circuit.md)."""


def validate_circuit(circuit):
    pass
