"""python -m veil_reference VERIFIER PROOF... [--context TEXT] [--model-id ID] [--json]

Exit codes as of `veil verify`: 0 all accepted, 1 one rejected, 2 a key that cannot be read.
"""

import argparse
import json
import sys

from . import Rejected, Unreadable, VerifiedModel


def _model_id(text):
    """An empty one is none: it would accept any model."""
    if len(text) != 64 or any(digit not in "0123456789abcdefABCDEF" for digit in text):
        raise argparse.ArgumentTypeError("a model id is 64 hex digits")
    return bytes.fromhex(text)


def _verdicts(arguments, context):
    """A key that is rejected rejects every proof."""
    try:
        with open(arguments.verifier, "rb") as file:
            model = VerifiedModel(file.read(), arguments.model_id)
    except Rejected as error:
        yield from ((name, error, None) for name in arguments.proof)
        return
    for name in arguments.proof:
        with open(name, "rb") as file:
            raw = file.read()
        try:
            yield name, None, model.verify(raw, context)
        except Rejected as error:
            yield name, error, None


def _show(name, error, statement, as_json):
    if as_json:
        print(json.dumps({"proof": name, "accepted": error is None, "reason": error and error.name,
                          "statement": statement}, indent=2, ensure_ascii=False))
        return
    print(f"{name}: " + (f"REJECTED: {error}" if error else "ACCEPTED"))
    if statement:
        print(f"  model      {statement['model_id']} ({statement['model']}, {statement['trust']})")
        print(f"  claim      {statement['claim'] or 'none: the output is revealed'}")
        for output in statement["outputs"]:
            print(f"  output     {output['name']} = {output['values']}")


def main():
    parser = argparse.ArgumentParser(prog="veil_reference", description="Checks Veil's proofs, slowly, on its own.")
    parser.add_argument("verifier")
    parser.add_argument("proof", nargs="+")
    parser.add_argument("--context", default="")
    parser.add_argument("--model-id", type=_model_id)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    try:
        verdicts = list(_verdicts(arguments, arguments.context.encode("utf-8", "surrogateescape")))
    except (OSError, Unreadable) as error:
        print(f"veil_reference: {error}", file=sys.stderr)
        return 2
    for verdict in verdicts:
        _show(*verdict, arguments.json)
    return 0 if all(error is None for _, error, _ in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
