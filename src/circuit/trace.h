// The integers of one run: a value for every element of every tensor, row-major; and the clear checker.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "circuit/circuit.h"

namespace veil {

struct Trace {
  std::vector<std::vector<std::int64_t>> values;  // by TensorId; empty where not yet computed
};

Trace empty_trace(const Circuit& circuit);

// The expression at every index of the box, row-major (first axis slowest). Exact: 128-bit accumulation.
std::vector<Int128> evaluate_expression(const Circuit& circuit, const Trace& trace, const Domain& domain,
                                        const Expression& expression);
// A form at every index of the whole extent of the domain (box and summed axes), row-major.
std::vector<Int128> evaluate_form(const Circuit& circuit, const Trace& trace, const Domain& domain, const Form& form);

// Counts how often each row of each table is looked up. A tuple outside its table is counted nowhere.
void fill_multiplicities(const Circuit& circuit, Trace& trace);

// The oracle of all operator tests: the first broken constraint, or nothing. Declared ranges are deliberately not
// looked at: only constraints prove anything.
std::optional<std::string> check_trace(const Circuit& circuit, const Trace& trace, bool with_multiplicities = true);

}  // namespace veil
