#include "onnx/topological.h"

#include <functional>
#include <limits>
#include <queue>

#include "graph/text.h"

namespace veil {
namespace {

constexpr std::size_t kNobody = std::numeric_limits<std::size_t>::max();

struct Waiting {
  std::vector<std::vector<std::size_t>> readers;  // by node: the nodes that read its outputs, once a read
  std::vector<std::size_t> missing;               // by node: reads not yet satisfied
};

Waiting waiting_of(const Graph& graph) {
  std::vector<std::size_t> giver(graph.values.size(), kNobody);
  for (std::size_t node = 0; node < graph.nodes.size(); ++node) {
    for (const ValueId output : graph.nodes[node].outputs) giver[output] = node;
  }
  Waiting waiting{std::vector<std::vector<std::size_t>>(graph.nodes.size()),
                  std::vector<std::size_t>(graph.nodes.size(), 0)};
  for (std::size_t node = 0; node < graph.nodes.size(); ++node) {
    for (const auto& input : graph.nodes[node].inputs) {
      if (!input || giver[*input] == kNobody) continue;
      waiting.readers[giver[*input]].push_back(node);
      ++waiting.missing[node];
    }
  }
  return waiting;
}

}  // namespace

Status sort_nodes(Graph& graph) {
  Waiting waiting = waiting_of(graph);
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
  for (std::size_t node = 0; node < graph.nodes.size(); ++node) {
    if (waiting.missing[node] == 0) ready.push(node);
  }
  std::vector<Node> sorted;
  while (!ready.empty()) {
    const std::size_t node = ready.top();
    ready.pop();
    sorted.push_back(std::move(graph.nodes[node]));
    for (const std::size_t reader : waiting.readers[node]) {
      if (--waiting.missing[reader] == 0) ready.push(reader);
    }
  }
  for (std::size_t node = 0; node < graph.nodes.size(); ++node) {
    if (waiting.missing[node] == 0) continue;
    return Error{"The nodes of the model depend on each other in a circle, at " + node_text(graph.nodes[node]) + "."};
  }
  graph.nodes = std::move(sorted);
  return Done{};
}

}  // namespace veil
