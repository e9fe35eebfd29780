#include "graph/float_run.h"

#include "graph/shape.h"
#include "graph/text.h"

namespace veil {
namespace {

// Of zeros.
Array array_of(const GraphShape& shape) { return {shape, std::vector<double>(size_of(shape))}; }

Status check_graph_value(const Graph& graph, const Node& node, std::size_t index, const TypedShape& inferred) {
  const GraphValue& value = graph.values[node.outputs[index]];
  if (value.type == inferred.type && value.shape == inferred.shape) return Done{};
  return Error{"Value " + quote(value.name) + " should have the shape " + shape_text(inferred.shape) + ", not " +
               shape_text(value.shape) + ": the graph has not been through infer_and_fold."};
}

}  // namespace

Result<FloatRunner> FloatRunner::create(const Graph& graph) {
  FloatRunner runner(graph);
  std::vector<bool> known(graph.values.size(), false);
  for (const ValueId id : graph.inputs) {
    if (!element_count(graph.values[id].shape))
      return Error{"Input " + quote(graph.values[id].name) + " is too large."};
    runner.values_[id] = array_of(graph.values[id].shape);
    known[id] = true;
  }
  for (std::size_t id = 0; id < known.size(); ++id) known[id] = known[id] || graph.values[id].constant.has_value();
  for (const Node& node : graph.nodes) VEIL_TRY_STATUS(runner.add_step(node, known));
  for (const ValueId id : graph.outputs) {
    if (!known[id]) return Error{"Nothing gives the output " + quote(graph.values[id].name) + "."};
  }
  return runner;
}

Status FloatRunner::add_step(const Node& node, std::vector<bool>& known) {
  for (const auto& input : node.inputs) {
    if (input && !known[*input]) return Error{"Nothing gives the value " + quote(graph_->values[*input].name) + "."};
  }
  VEIL_TRY(op, operator_of(node));
  Step step{op, call_of(*graph_, node), {}, {}, {}};
  VEIL_TRY(types, infer_call(*op, step.call));
  for (const auto& input : node.inputs) step.inputs.push_back(input ? &value(*input) : nullptr);
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    VEIL_TRY_STATUS(check_graph_value(*graph_, node, i, types[i]));
    Array& output = values_[node.outputs[i]];
    output = array_of(types[i].shape);
    step.outputs.push_back(&output);
    known[node.outputs[i]] = true;
  }
  step.types = std::move(types);
  steps_.push_back(std::move(step));
  return Done{};
}

Status FloatRunner::run(const std::vector<Array>& inputs) {
  if (inputs.size() != graph_->inputs.size()) {
    return Error{"The model has " + std::to_string(graph_->inputs.size()) + " inputs, not " +
                 std::to_string(inputs.size()) + "."};
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const GraphValue& value = graph_->values[graph_->inputs[i]];
    if (inputs[i].shape != value.shape || inputs[i].data.size() != size_of(value.shape)) {
      return Error{"Input " + quote(value.name) + " must have the shape " + shape_text(value.shape) + ", not " +
                   shape_text(inputs[i].shape) + "."};
    }
    Array& into = values_[graph_->inputs[i]];
    into.data = inputs[i].data;
    if (value.type != ElementType::kFloat) continue;
    for (double& number : into.data) number = static_cast<double>(static_cast<float>(number));
  }
  for (const Step& step : steps_) VEIL_TRY_STATUS(run_call(*step.op, step.call, step.types, step.inputs, step.outputs));
  return Done{};
}

const Array& FloatRunner::value(ValueId id) const {
  const auto& constant = graph_->values[id].constant;
  return constant ? *constant : values_[id];
}

Result<std::vector<Array>> run_float(const Graph& graph, const std::vector<Array>& inputs) {
  VEIL_TRY(runner, FloatRunner::create(graph));
  VEIL_TRY_STATUS(runner.run(inputs));
  std::vector<Array> values;
  for (ValueId id = 0; id < graph.values.size(); ++id) values.push_back(runner.value(id));
  return values;
}

}  // namespace veil
