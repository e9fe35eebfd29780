"""python -m veil_reference VERIFIER PROOF... [--context TEXT] [--model-id ID]"""

import argparse
import sys

from .verify import Rejected, VerifiedModel


def main():
    parser = argparse.ArgumentParser(prog="veil_reference", description="Checks Veil's proofs, slowly, on its own.")
    parser.add_argument("verifier")
    parser.add_argument("proof", nargs="+")
    parser.add_argument("--context", default="")
    parser.add_argument("--model-id")
    arguments = parser.parse_args()
    accepted = True
    with open(arguments.verifier, "rb") as file:
        model = VerifiedModel(file.read(), bytes.fromhex(arguments.model_id) if arguments.model_id else None)
    for name in arguments.proof:
        try:
            with open(name, "rb") as file:
                model.verify(file.read(), arguments.context.encode("utf-8", "surrogateescape"))
            print(f"{name}: ACCEPTED")
        except Rejected as error:
            print(f"{name}: REJECTED {error}")
            accepted = False
    return 0 if accepted else 1


if __name__ == "__main__":
    sys.exit(main())
