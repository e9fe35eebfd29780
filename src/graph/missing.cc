#include "graph/missing.h"

#include <algorithm>
#include <string_view>

namespace veil {

namespace {

bool takes_missing(const Node& node) { return is_move(node) || node.op == "veil:Ends"; }

std::vector<std::vector<const Node*>> readers_of(const Graph& graph) {
  std::vector<std::vector<const Node*>> readers(graph.values.size());
  for (const Node& node : graph.nodes) {
    for (const auto& input : node.inputs) {
      if (input) readers[*input].push_back(&node);
    }
  }
  return readers;
}

}  // namespace

bool is_move(const Node& node) {
  static constexpr std::string_view kMoves[] = {"Concat", "Flatten", "Gather",  "Identity",  "Reshape",
                                                "Slice",  "Split",   "Squeeze", "Transpose", "Unsqueeze"};
  return std::find(std::begin(kMoves), std::end(kMoves), node.op) != std::end(kMoves);
}

std::vector<bool> may_be_missing(const Graph& graph) {
  const auto readers = readers_of(graph);
  std::vector<bool> out(graph.values.size(), false);
  for (const ValueId id : graph.inputs) {
    out[id] = graph.values[id].type == ElementType::kFloat && !graph.values[id].imputed_in_part;
  }
  for (const Node& node : graph.nodes) {
    const bool holds =
        std::any_of(node.inputs.begin(), node.inputs.end(), [&](const auto& id) { return id && out[*id]; });
    for (const ValueId id : node.outputs) out[id] = holds && takes_missing(node);
  }
  const auto is_output = [&](ValueId id) {
    return std::find(graph.outputs.begin(), graph.outputs.end(), id) != graph.outputs.end();
  };
  std::vector<bool> is_end(graph.values.size(), false);
  for (const Node& node : graph.nodes) {
    if (node.op == "veil:Ends") is_end[node.outputs[0]] = true;
  }
  // From the last value on: one that is read by a calculation takes out what it was made of.
  for (bool changed = true; changed;) {
    changed = false;
    for (ValueId id = 0; id < out.size(); ++id) {
      if (!out[id] || is_end[id]) continue;
      const bool good = !is_output(id) && std::all_of(readers[id].begin(), readers[id].end(), [&](const Node* node) {
        return takes_missing(*node) && out[node->outputs[0]];
      });
      if (good) continue;
      out[id] = false;
      changed = true;
    }
  }
  return out;
}

}  // namespace veil
