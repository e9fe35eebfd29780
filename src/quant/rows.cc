#include "quant/rows.h"

#include <cmath>

#include "graph/text.h"
#include "tensor/float_order.h"

namespace veil {

namespace {

std::int32_t scale_of(const QuantisedValue& value, std::size_t element) {
  return value.scale_log2[element % value.scale_log2.size()];
}

// "income", or "x[3]"; of a batch of rows with the row in front, counted from 0: "row 7: income".
std::string element_name(const QuantisedGraph& graph, const QuantisedInput& input, std::size_t element) {
  const QuantisedValue& value = graph.values[input.value];
  const auto row_size = static_cast<std::size_t>(value.size / graph.batch);
  const std::size_t place = element % row_size;
  const std::string row = graph.batch > 1 ? "row " + std::to_string(element / row_size) + ": " : "";
  return row + (input.labels.empty() ? value.name + "[" + std::to_string(place) + "]" : input.labels[place]);
}

// The integer of one number, and whether it lies within what the integers can say.
struct Quantised {
  std::int64_t integer = 0;
  bool inside = true;
};

std::optional<Quantised> quantise_element(double number, const QuantisedValue& value, std::size_t element,
                                          const IntegerRange& range) {
  if (value.float_order) {
    const auto order = float_order(number);
    if (!order) return std::nullopt;
    return Quantised{*order, std::isinf(number) || std::abs(*order) != kOrderOfInfinity};
  }
  const std::int32_t scale = scale_of(value, element);
  const auto integer = quantise_real(number, scale, range);
  if (!integer) return std::nullopt;
  const double units = std::ldexp(number, -scale);
  return Quantised{*integer,
                   units >= static_cast<double>(range.low) - 0.5 && units < static_cast<double>(range.high) + 0.5};
}

}  // namespace

Result<QuantisedRow> quantise_row(const QuantisedGraph& graph, const std::vector<std::vector<double>>& row) {
  if (row.size() != graph.inputs.size()) {
    return Error{"the row brings " + std::to_string(row.size()) + " inputs where the model has " +
                 std::to_string(graph.inputs.size())};
  }
  QuantisedRow out;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const QuantisedInput& input = graph.inputs[i];
    const QuantisedValue& value = graph.values[input.value];
    const IntegerRange range = input_range(graph, input);
    if (static_cast<std::int64_t>(row[i].size()) != value.size) {
      return Error{"input " + quoted(value.name) + " needs " + std::to_string(value.size) + " values, but has " +
                   std::to_string(row[i].size())};
    }
    out.inputs.emplace_back();
    for (std::size_t k = 0; k < row[i].size(); ++k) {
      const auto quantised = quantise_element(row[i][k], value, k, range);
      if (!quantised) return Error{"the value of " + quoted(element_name(graph, input, k)) + " is no number"};
      if (!quantised->inside) out.saturated.push_back(element_name(graph, input, k));
      out.inputs.back().push_back(quantised->integer);
    }
  }
  return out;
}

std::vector<double> real_values(const QuantisedGraph& graph, QuantId id, const std::vector<std::int64_t>& integers) {
  std::vector<double> out;
  out.reserve(integers.size());
  for (std::size_t i = 0; i < integers.size(); ++i)
    out.push_back(graph.values[id].float_order ? float_of_order(integers[i])
                                               : real_value(integers[i], scale_of(graph.values[id], i)));
  return out;
}

}  // namespace veil
