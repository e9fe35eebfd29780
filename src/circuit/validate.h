// The structural validator: a circuit is accepted only if its constraints mean what the integers say (attacks 1, 5, 6).
//
// Rules, each a named rejection:
//   circuit/range       a tensor whose declared range does not follow from lookups into fixed tables, or from an
//   identity
//                       +-v + (expression in proven tensors) = 0 (multiplicities exempt; model tensors are proven by
//                       the registration proof, public ones by the verifier)
//   circuit/wrap        an expression whose integers could reach half the field's modulus
//   circuit/view        an index map that overflows, or an axis used twice in one view
//   circuit/table       a table that is not in the registry, or whose multiplicity tensor has another use
//   circuit/input       an input or public tensor without a meaning
//   circuit/name        two tensors of one name
//   circuit/size        a constraint with too many elements
//   circuit/free        a witness tensor that the constraints do not determine from model and input
#pragma once

#include <string>
#include <vector>

#include "base/verdict.h"
#include "circuit/circuit.h"

namespace veil {

Verdict validate_circuit(const Circuit& circuit);

// The rules that the protocol's own arithmetic relies on, without what constraints mean: view, table, input, name and
// size. In time linear in the circuit, for a prover that opens its own key.
Verdict check_structure(const Circuit& circuit);

}  // namespace veil
