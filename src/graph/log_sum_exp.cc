#include "graph/log_sum_exp.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace veil {

namespace {

// Who makes and who reads the values of a graph.
class Neighbours {
 public:
  explicit Neighbours(const Graph& graph)
      : graph_(graph), producer_(graph.values.size()), readers_(graph.values.size(), 0) {
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      for (const ValueId id : graph.nodes[i].outputs) producer_[id] = i;
      for (const auto& input : graph.nodes[i].inputs) {
        if (input) ++readers_[*input];
      }
    }
    for (const ValueId id : graph.outputs) ++readers_[id];
  }

  // The node of this kind whose only result the reader's first input is, and whose only reader that is.
  std::optional<std::size_t> only_source(const Node& reader, std::string_view op) const {
    if (reader.inputs.empty() || !reader.inputs[0]) return std::nullopt;
    const ValueId id = *reader.inputs[0];
    if (!producer_[id] || readers_[id] != 1) return std::nullopt;
    const Node& node = graph_.nodes[*producer_[id]];
    const bool is_plain = node.op == op && node.outputs.size() == 1 && !node.tentative;
    return is_plain ? producer_[id] : std::nullopt;
  }

 private:
  const Graph& graph_;
  std::vector<std::optional<std::size_t>> producer_;
  std::vector<std::size_t> readers_;
};

}  // namespace

void join_log_sum_exp(Graph& graph) {
  constexpr std::int64_t kSumTakesAxes = 13;  // as an input
  constexpr std::int64_t kAllTakeAxes = 18;
  const Neighbours neighbours(graph);
  for (Node& log : graph.nodes) {
    if (log.op != "Log" || log.tentative) continue;
    const auto sum = neighbours.only_source(log, "ReduceSum");
    if (!sum) continue;
    const auto power = neighbours.only_source(graph.nodes[*sum], "Exp");
    if (!power) continue;
    const Node& reduction = graph.nodes[*sum];
    const std::int64_t opset = reduction.opset != 0 ? reduction.opset : graph.opset;
    log.op = "ReduceLogSumExp";
    log.opset = opset >= kSumTakesAxes ? std::max(opset, kAllTakeAxes) : opset;
    log.attributes = reduction.attributes;
    log.inputs = reduction.inputs;
    log.inputs[0] = graph.nodes[*power].inputs[0];
  }
}

}  // namespace veil
