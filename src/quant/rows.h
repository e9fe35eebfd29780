// Real rows to the integers of the model's inputs, and integers back to real values.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
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

}  // namespace veil
