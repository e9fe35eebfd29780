#include "onnx/scaler.h"

namespace veil {
namespace {

bool is_scaler(const Node& node) {
  if (node.op != "ai.onnx.ml:Scaler" || node.inputs.size() != 1 || node.outputs.size() != 1) return false;
  for (const auto& [name, value] : node.attributes) {
    const bool known = (name == "offset" || name == "scale") && std::holds_alternative<std::vector<double>>(value);
    if (!known) return false;
  }
  return true;
}

ValueId add_constant(Graph& graph, const Node& scaler, const char* attribute, double otherwise) {
  const auto found = scaler.attributes.find(attribute);
  const std::vector<double> numbers =
      found == scaler.attributes.end() ? std::vector<double>{otherwise} : std::get<std::vector<double>>(found->second);
  const GraphShape shape{static_cast<std::int64_t>(numbers.size())};
  graph.values.push_back({scaler.name + "." + attribute, ElementType::kFloat, shape, Array{shape, numbers}, {}});
  return static_cast<ValueId>(graph.values.size() - 1);
}

}  // namespace

void expand_scalers(Graph& graph) {
  std::vector<Node> nodes;
  for (Node& node : graph.nodes) {
    if (!is_scaler(node)) {
      nodes.push_back(std::move(node));
      continue;
    }
    const ValueId offset = add_constant(graph, node, "offset", 0);
    const ValueId scale = add_constant(graph, node, "scale", 1);
    const auto centred = static_cast<ValueId>(graph.values.size());
    graph.values.push_back({node.name + ".centred", ElementType::kFloat, {}, {}, {}});
    nodes.push_back({"Sub", node.name, {node.inputs[0], offset}, {centred}, {}});
    nodes.push_back({"Mul", node.name, {centred, scale}, node.outputs, {}});
  }
  graph.nodes = std::move(nodes);
}

}  // namespace veil
