// Real rows to integers, and integers to the trace of a whole run.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "circuit/trace.h"
#include "ops/lowering.h"
#include "quant/quantised_graph.h"

namespace veil {

using IntegerRow = std::vector<std::vector<std::int64_t>>;  // one list an input, in the order of the graph's inputs

struct QuantisedRow {
  IntegerRow inputs;
  std::vector<std::string> saturated;  // names of elements that were out of range and cut to its end
};

// Half up, -0 = 0, infinities and what is out of range saturate; NaN and a wrong number of elements are errors.
Result<QuantisedRow> quantise_row(const QuantisedGraph& graph, const std::vector<std::vector<double>>& row);

// A value of each element times its scale.
std::vector<double> real_values(const QuantisedGraph& graph, QuantId id, const std::vector<std::int64_t>& integers);

// Every tensor of one honest run, multiplicities included. Errors: inputs or weights that do not fit, and a claim that
// is false of this input (which cannot be proven).
Result<Trace> fill_trace(const Lowering& lowering, const Weights& weights, const IntegerRow& inputs);
// The same, but for a false claim too: its constraints are then broken. For tests of liars.
Result<Trace> fill_trace_of_any_claim(const Lowering& lowering, const Weights& weights, const IntegerRow& inputs);

}  // namespace veil
