#include "graph/needed.h"

#include <algorithm>

namespace veil {
namespace {

void renumber(Graph& graph, const std::vector<ValueId>& new_id) {
  for (ValueId& id : graph.inputs) id = new_id[id];
  for (ValueId& id : graph.outputs) id = new_id[id];
  for (Node& node : graph.nodes) {
    for (auto& id : node.inputs) {
      if (id) id = new_id[*id];
    }
    for (ValueId& id : node.outputs) id = new_id[id];
  }
}

}  // namespace

bool is_needed(const Node& node, const std::vector<bool>& needed) {
  return std::any_of(node.outputs.begin(), node.outputs.end(), [&](ValueId id) { return needed[id]; });
}

std::vector<bool> needed_values(const Graph& graph, const std::vector<ValueId>& outputs) {
  std::vector<bool> needed(graph.values.size(), false);
  for (const ValueId id : outputs) needed[id] = true;
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    if (!is_needed(*node, needed)) continue;
    for (const auto& input : node->inputs) {
      if (input) needed[*input] = true;
    }
  }
  return needed;
}

void remove_unneeded(Graph& graph) {
  std::vector<bool> needed = needed_values(graph, graph.outputs);
  std::erase_if(graph.nodes, [&](const Node& node) { return !is_needed(node, needed); });
  std::erase_if(graph.inputs, [&](ValueId id) { return !needed[id]; });
  for (Node& node : graph.nodes) {
    while (!needed[node.outputs.back()]) node.outputs.pop_back();
  }
  // An output that nobody reads in front of one that somebody reads keeps its place.
  for (const Node& node : graph.nodes) {
    for (const ValueId id : node.outputs) needed[id] = true;
  }
  std::vector<ValueId> new_id(graph.values.size(), 0);
  std::vector<GraphValue> values;
  for (std::size_t id = 0; id < graph.values.size(); ++id) {
    if (!needed[id]) continue;
    new_id[id] = static_cast<ValueId>(values.size());
    values.push_back(std::move(graph.values[id]));
  }
  graph.values = std::move(values);
  renumber(graph, new_id);
}

}  // namespace veil
