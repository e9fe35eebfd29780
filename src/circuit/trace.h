// The integers of one run: a value for every element of every tensor, row-major; and the clear checker.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/integer_array.h"
#include "circuit/circuit.h"

namespace veil {

struct Trace {
  std::vector<std::vector<std::int64_t>> values;  // by TensorId; empty where not yet computed, or in `shared`
  // By TensorId, or empty: what all runs have in common, the model's tensors, held once; and after narrow() the run's
  // own. Where `values` has a tensor too, that one counts.
  std::vector<IntegerArray> shared;
  // By lookup, or empty: its keys, where the step that proves a range by it knows them already: what they follow from
  // is a product of matrices. Whoever changes a tensor clears this.
  std::vector<std::vector<std::int64_t>> keys;

  // The integers of a tensor. Points into the trace; empty where not yet computed.
  IntegerView tensor(TensorId id) const {
    if (values[id].empty() && id < shared.size()) return shared[id].view();
    return values[id];
  }
  // The keys of a lookup; null where they are not known.
  const std::vector<std::int64_t>* keys_of(std::size_t lookup) const {
    return lookup < keys.size() && !keys[lookup].empty() ? &keys[lookup] : nullptr;
  }
};

Trace empty_trace(const Circuit& circuit);
// Moves what will be committed to `shared`, at its narrowest width: a filled trace of 64-bit integers is eight times as
// large as its limbs.
void narrow(const Circuit& circuit, Trace& trace);

// Exact values at the indices of a box. 64 bits each unless the integers at hand could exceed them, which only a lying
// trace's do: the choice follows from the largest magnitude of every tensor that is read.
struct BoxValues {
  std::vector<std::int64_t> narrow;
  std::vector<Int128> wide;  // instead, modulo 2^128, where an intermediate sum might not fit 64 bits

  bool is_wide() const { return !wide.empty(); }
  std::size_t size() const { return is_wide() ? wide.size() : narrow.size(); }
  Int128 operator[](std::size_t index) const { return is_wide() ? wide[index] : narrow[index]; }
  // Modulo 2^64: what does not fit is a lie, and stays one.
  std::vector<std::int64_t> narrowed() &&;
};

// The expression at every index of the box, row-major (first axis slowest).
BoxValues evaluate_box(const Circuit& circuit, const Trace& trace, const Domain& domain, const Expression& expression);
// The same as 128-bit integers.
std::vector<Int128> evaluate_expression(const Circuit& circuit, const Trace& trace, const Domain& domain,
                                        const Expression& expression);
// A form at every index of the whole extent of the domain (box and summed axes), row-major.
BoxValues evaluate_form(const Circuit& circuit, const Trace& trace, const Domain& domain, const Form& form);

// Counts how often each row of each table is looked up. A tuple outside its table is counted nowhere.
void fill_multiplicities(const Circuit& circuit, Trace& trace);

// The oracle of all operator tests: the first broken constraint, or nothing. Declared ranges are deliberately not
// looked at: only constraints prove anything.
std::optional<std::string> check_trace(const Circuit& circuit, const Trace& trace, bool with_multiplicities = true);

}  // namespace veil
