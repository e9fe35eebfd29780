#include "witness/witness.h"

#include <cmath>

#include "base/check.h"
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

Status set_tensor(const Circuit& circuit, Trace& trace, TensorId id, const std::vector<std::int64_t>& values) {
  const Tensor& tensor = circuit.tensors[id];
  if (static_cast<std::int64_t>(values.size()) != shape_size(tensor.shape)) {
    return Error{quoted(tensor.name) + " has the wrong number of elements"};
  }
  for (const std::int64_t value : values) {
    if (value < tensor.low || value > tensor.high) return Error{"an integer of " + quoted(tensor.name) + " is out of its range"};
  }
  trace.values[id] = values;
  return Done{};
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
      const bool inside = units >= static_cast<double>(range.low) - 0.5 && units < static_cast<double>(range.high) + 0.5;
      if (!inside) out.saturated.push_back(element_name(input, value, k));
      out.inputs.back().push_back(*integer);
    }
  }
  return out;
}

std::vector<double> real_values(const QuantisedGraph& graph, QuantId id, const std::vector<std::int64_t>& integers) {
  std::vector<double> out;
  out.reserve(integers.size());
  for (std::size_t i = 0; i < integers.size(); ++i) out.push_back(real_value(integers[i], scale_of(graph.values[id], i)));
  return out;
}

Result<Trace> fill_trace_of_any_claim(const Lowering& lowering, const Weights& weights, const IntegerRow& inputs) {
  const Circuit& circuit = lowering.circuit;
  if (weights.tensors.size() != lowering.model.size() || inputs.size() != lowering.inputs.size()) {
    return Error{"the weights or inputs do not belong to this model"};
  }
  Trace trace = empty_trace(circuit);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    VEIL_TRY_STATUS(set_tensor(circuit, trace, lowering.inputs[i], inputs[i]));
  }
  for (std::size_t i = 0; i < weights.tensors.size(); ++i) {
    VEIL_TRY_STATUS(set_tensor(circuit, trace, lowering.model[i], weights.tensors[i]));
  }
  for (const Step& step : lowering.steps) step(circuit, trace);
  fill_multiplicities(circuit, trace);
  return trace;
}

Result<Trace> fill_trace(const Lowering& lowering, const Weights& weights, const IntegerRow& inputs) {
  VEIL_TRY(trace, fill_trace_of_any_claim(lowering, weights, inputs));
  if (!claim_holds(lowering, trace)) return Error{"the claim is not true of this input, so there is nothing to prove"};
  return trace;
}

}  // namespace veil
