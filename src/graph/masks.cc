#include "graph/masks.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "graph/shape.h"

namespace veil {
namespace {

constexpr std::array<std::string_view, 9> kMoves{"Reshape",   "Transpose", "Slice",   "Expand", "Squeeze",
                                                 "Unsqueeze", "Gather",    "Flatten", "Tile"};

// Whether the result has the number that is read at `place`, or a sum with it, wherever it has anything of it.
bool hands_on(const Node& node, std::size_t place) {
  if (node.op == "Add" || node.op == "Concat") return true;
  if (node.op == "Where") return place > 0;
  if (node.op == "Sub") return place == 0;
  return place == 0 && std::ranges::find(kMoves, node.op) != kMoves.end();
}

}  // namespace

std::vector<bool> feeds_softmax_only(const Graph& graph) {
  std::vector<bool> read(graph.values.size(), false);
  std::vector<bool> elsewhere(graph.values.size(), false);
  for (const ValueId id : graph.outputs) elsewhere[id] = true;
  // Readers of a node's results come behind it.
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    const ValueId result = node->outputs[0];
    const bool result_is_score = read[result] && !elsewhere[result];
    for (std::size_t place = 0; place < node->inputs.size(); ++place) {
      if (!node->inputs[place]) continue;
      const ValueId id = *node->inputs[place];
      const bool is_score = node->op == "Softmax" || (result_is_score && hands_on(*node, place));
      read[id] = true;
      elsewhere[id] = elsewhere[id] || !is_score || !is_real(graph.values[id].type);
    }
  }
  std::vector<bool> out(graph.values.size());
  for (std::size_t id = 0; id < out.size(); ++id) out[id] = read[id] && !elsewhere[id];
  return out;
}

}  // namespace veil
