#include "witness/witness.h"

#include "graph/text.h"
#include "tensor/float_order.h"

namespace veil {

namespace {

Status check_size(const Tensor& tensor, std::size_t size) {
  if (static_cast<std::int64_t>(size) == shape_size(tensor.shape)) return Done{};
  return Error{quoted(tensor.name) + " has the wrong number of elements"};
}

Status check_input(const Tensor& tensor, const IntegerView& values) {
  VEIL_TRY_STATUS(check_size(tensor, values.size()));
  if (!values.all_within(tensor.low, tensor.high)) {
    return Error{"an integer of " + quoted(tensor.name) + " is out of its range"};
  }
  return Done{};
}

// What may be missing has two tensors: of the value, and of whether there is one.
Status fill_input(const Lowering& lowering, std::size_t input, const std::vector<std::int64_t>& integers,
                  Trace& trace) {
  const std::vector<Tensor>& tensors = lowering.circuit.tensors;
  std::vector<std::int64_t>& values = trace.values[lowering.inputs[input]];
  values = integers;
  if (const auto missing = lowering.missing[input]) {
    std::vector<std::int64_t>& bits = trace.values[*missing];
    for (std::int64_t& value : values) {
      bits.push_back(is_missing(value) ? 1 : 0);
      value -= bits.back() * kMissingStep;
    }
  }
  return check_input(tensors[lowering.inputs[input]], values);
}

}  // namespace

Result<Trace> fill_trace_of_any_claim(const Lowering& lowering, const Weights& weights, const IntegerRow& inputs) {
  const Circuit& circuit = lowering.circuit;
  if (weights.tensors.size() != lowering.model.size() || inputs.size() != lowering.inputs.size()) {
    return Error{"the weights or inputs do not belong to this model"};
  }
  Trace trace = empty_trace(circuit);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    VEIL_TRY_STATUS(fill_input(lowering, i, inputs[i], trace));
  }
  trace.shared.resize(circuit.tensors.size());
  for (std::size_t i = 0; i < weights.tensors.size(); ++i) {
    VEIL_TRY_STATUS(check_size(circuit.tensors[lowering.model[i]], weights.tensors[i].size()));
    trace.shared[lowering.model[i]] = weights.tensors[i];
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
