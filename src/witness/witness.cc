#include "witness/witness.h"

#include "graph/text.h"

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

}  // namespace

Result<Trace> fill_trace_of_any_claim(const Lowering& lowering, const Weights& weights, const IntegerRow& inputs) {
  const Circuit& circuit = lowering.circuit;
  if (weights.tensors.size() != lowering.model.size() || inputs.size() != lowering.inputs.size()) {
    return Error{"the weights or inputs do not belong to this model"};
  }
  Trace trace = empty_trace(circuit);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    VEIL_TRY_STATUS(check_input(circuit.tensors[lowering.inputs[i]], inputs[i]));
    trace.values[lowering.inputs[i]] = inputs[i];
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
