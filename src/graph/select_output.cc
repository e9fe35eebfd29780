#include <algorithm>

#include "graph/class_names.h"
#include "graph/needed.h"
#include "graph/operator.h"
#include "graph/passes.h"
#include "graph/shape.h"
#include "graph/suggest.h"
#include "graph/text.h"

namespace veil {
namespace {

constexpr std::string_view kZipMap = "ai.onnx.ml:ZipMap";

std::string output_names(const Graph& graph) {
  std::vector<std::string> names;
  for (const ValueId id : graph.outputs) names.push_back(quote(graph.values[id].name));
  return joined(names);
}

std::string suggested_output(const Graph& graph, const std::string& name) {
  std::vector<std::string> names;
  for (const ValueId id : graph.outputs) names.push_back(graph.values[id].name);
  return suggestion(name, names);
}

// The ZipMap that gives `output`; none for most values.
Node* zip_map_of(Graph& graph, ValueId output) {
  const auto gives = [&](const Node& node) {
    return node.op == kZipMap && node.outputs == std::vector{output} && !node.inputs.empty() && node.inputs[0];
  };
  const auto found = std::find_if(graph.nodes.begin(), graph.nodes.end(), gives);
  return found == graph.nodes.end() ? nullptr : &*found;
}

// Whether `output` is an input handed through, as recurrent models do with their states: nothing worth proving.
bool is_handed_through(const Graph& graph, ValueId output) {
  const std::vector<bool> needed = needed_values(graph, {output});
  return std::all_of(graph.nodes.begin(), graph.nodes.end(),
                     [&](const Node& node) { return node.op == "Identity" || !is_needed(node, needed); });
}

// Why `output` cannot be computed.
Status check_supported(const Graph& graph, ValueId output) {
  const std::vector<bool> needed = needed_values(graph, {output});
  for (const Node& node : graph.nodes) {
    if (!is_needed(node, needed) || node.op == kZipMap || node.tentative) continue;
    VEIL_TRY_STATUS(operator_of(node));
  }
  for (std::size_t id = 0; id < needed.size(); ++id) {
    if (needed[id] && !graph.values[id].defect.empty()) return Error{graph.values[id].defect};
  }
  return Done{};
}

Result<ValueId> find_output(Graph& graph, const std::optional<std::string>& name) {
  if (graph.outputs.empty()) return Error{"The model has no outputs."};
  if (name) {
    for (const ValueId id : graph.outputs) {
      if (graph.values[id].name == *name) return id;
    }
    return Error{"The model has no output " + quote(*name) + suggested_output(graph, *name) + "; its outputs are " +
                 output_names(graph) + "."};
  }
  if (graph.outputs.size() == 1) return graph.outputs[0];
  std::optional<Error> first_refusal;
  for (const ValueId id : graph.outputs) {
    if (!is_real(graph.values[id].type) && zip_map_of(graph, id) == nullptr) continue;
    if (is_handed_through(graph, id)) continue;
    const Status status = check_supported(graph, id);
    if (status.ok()) return id;
    if (!first_refusal) first_refusal = status.error();
  }
  if (first_refusal) return *first_refusal;
  return Error{"None of the model's outputs (" + output_names(graph) +
               ") is a computed tensor of floats; name the one to prove."};
}

}  // namespace

Status select_output(Graph& graph, const std::optional<std::string>& name) {
  VEIL_TRY(output, find_output(graph, name));
  graph.outputs = {output};
  remove_unneeded(graph);
  graph.class_names = class_names(graph);
  const ValueId kept = graph.outputs[0];
  if (Node* node = zip_map_of(graph, kept)) {
    // The map from class to probability holds the numbers of its input; the classes are names only.
    node->op = "Identity";
    node->attributes.clear();
    node->inputs.resize(1);
    graph.values[kept].type = ElementType::kFloat;
  }
  return Done{};
}

}  // namespace veil
