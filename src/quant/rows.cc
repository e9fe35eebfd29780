#include "quant/rows.h"

#include <cmath>

#include "graph/text.h"

namespace veil {

namespace {

std::int32_t scale_of(const QuantisedValue& value, std::size_t element) {
  return value.scale_log2[value.scale_log2.size() == 1 ? 0 : element];
}

std::string element_name(const QuantisedInput& input, const QuantisedValue& value, std::size_t element) {
  if (!input.labels.empty()) return input.labels[element];
  return value.name + "[" + std::to_string(element) + "]";
}

}  // namespace

Result<QuantisedRow> quantise_row(const QuantisedGraph& graph, const std::vector<std::vector<double>>& row) {
  if (row.size() != graph.inputs.size()) {
    return Error{"the row brings " + std::to_string(row.size()) + " inputs where the model has " +
                 std::to_string(graph.inputs.size())};
  }
  const IntegerRange range = signed_range(static_cast<unsigned>(graph.bits));
  QuantisedRow out;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const QuantisedInput& input = graph.inputs[i];
    const QuantisedValue& value = graph.values[input.value];
    if (static_cast<std::int64_t>(row[i].size()) != value.size) {
      return Error{"input " + quoted(value.name) + " needs " + std::to_string(value.size) + " values, but has " +
                   std::to_string(row[i].size())};
    }
    out.inputs.emplace_back();
    for (std::size_t k = 0; k < row[i].size(); ++k) {
      const auto integer = quantise_real(row[i][k], scale_of(value, k), range);
      if (!integer) return Error{"the value of " + quoted(element_name(input, value, k)) + " is no number"};
      const double units = std::ldexp(row[i][k], -scale_of(value, k));
      const bool inside =
          units >= static_cast<double>(range.low) - 0.5 && units < static_cast<double>(range.high) + 0.5;
      if (!inside) out.saturated.push_back(element_name(input, value, k));
      out.inputs.back().push_back(*integer);
    }
  }
  return out;
}

std::vector<double> real_values(const QuantisedGraph& graph, QuantId id, const std::vector<std::int64_t>& integers) {
  std::vector<double> out;
  out.reserve(integers.size());
  for (std::size_t i = 0; i < integers.size(); ++i)
    out.push_back(real_value(integers[i], scale_of(graph.values[id], i)));
  return out;
}

}  // namespace veil
