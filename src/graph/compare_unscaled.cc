#include "graph/compare_unscaled.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace veil {
namespace {

struct Scaling {
  char op;
  float by;
};
using Chain = std::vector<Scaling>;  // of one column, in the order of the steps

struct Unscaled {
  ValueId value;
  std::vector<Chain> columns;
};

// Each operation is rounded to float: exactly what a run of the graph does.
float scaled(const Chain& chain, float x) {
  for (const Scaling& step : chain) {
    const double a = x, b = step.by;
    const double exact = step.op == '-' ? a - b : step.op == '+' ? a + b : step.op == '*' ? a * b : a / b;
    x = static_cast<float>(exact);
  }
  return x;
}

// Floats in the order of their numbers, as integers; -0 and 0 are neighbours.
float float_at(std::int64_t order) {
  const auto bits = static_cast<std::uint32_t>(order < 0 ? 0x80000000LL - 1 - order : order);
  return std::bit_cast<float>(bits);
}

// The largest x with scaled(x) <= threshold; nothing if that is minus infinity, or scaling gives no number.
std::optional<double> unscaled_threshold(const Chain& chain, double threshold) {
  constexpr std::int64_t kInfinity = 0x7f800000;
  const auto is_below = [&](std::int64_t order) {
    return static_cast<double>(scaled(chain, float_at(order))) <= threshold;
  };
  if (is_below(kInfinity)) return std::numeric_limits<double>::infinity();
  std::int64_t low = -kInfinity - 1, high = kInfinity;  // below; not below
  if (!is_below(low)) return std::nullopt;
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    (is_below(middle) ? low : high) = middle;
  }
  if (low == -kInfinity - 1) return std::nullopt;
  return static_cast<double>(float_at(low));
}

class Unscaler {
 public:
  explicit Unscaler(Graph& graph) : graph_(graph) {
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      for (const ValueId id : graph.nodes[i].outputs) makers_[id] = i;
    }
  }

  void run() {
    std::vector<Node> nodes;
    for (Node& node : graph_.nodes) {
      if (node.op == "veil:Ends") replace_input(node, nodes);
      if (node.op == "veil:Threshold") replace_thresholds(node);
      nodes.push_back(node);
    }
    graph_.nodes = std::move(nodes);
  }

 private:
  const Node* maker(ValueId id) const {
    const auto found = makers_.find(id);
    return found == makers_.end() ? nullptr : &graph_.nodes[found->second];
  }
  bool is_table(ValueId id) const {
    const GraphValue& value = graph_.values[id];
    return value.type == ElementType::kFloat && value.shape.size() == 2 && !value.constant;
  }

  Unscaled plain(ValueId id) const {
    return {id, std::vector<Chain>(static_cast<std::size_t>(graph_.values[id].shape[1]))};
  }

  Unscaled unscaled(ValueId id, std::vector<Node>& made) {
    const Node* node = maker(id);
    if (node == nullptr) return plain(id);
    if (node->op == "Concat") return joined(*node, made);
    const auto step = scaling(*node);
    if (!step) return plain(id);
    Unscaled out = unscaled(step->first, made);
    for (std::size_t column = 0; column < out.columns.size(); ++column) {
      const std::vector<float>& by = step->second;
      out.columns[column].push_back({symbol(node->op), by[by.size() == 1 ? 0 : column]});
    }
    return out;
  }

  static char symbol(const std::string& op) {
    return op == "Sub" ? '-' : op == "Add" ? '+' : op == "Mul" ? '*' : op == "Div" ? '/' : ' ';
  }

  // A step that rises in every column: what it scales, and by how much each column, or all of them.
  std::optional<std::pair<ValueId, std::vector<float>>> scaling(const Node& node) const {
    const char op = symbol(node.op);
    if (op == ' ' || node.inputs.size() != 2) return std::nullopt;
    const bool turned = (op == '+' || op == '*') && graph_.values[*node.inputs[0]].constant;
    const ValueId x = *node.inputs[turned ? 1 : 0], by = *node.inputs[turned ? 0 : 1];
    const GraphValue& constant = graph_.values[by];
    if (!is_table(x) || !constant.constant || graph_.values[node.outputs[0]].shape != graph_.values[x].shape) {
      return std::nullopt;
    }
    const std::vector<double>& data = constant.constant->data;
    const auto width = static_cast<std::size_t>(graph_.values[x].shape[1]);
    const bool by_column = data.size() == 1 || (data.size() == width && constant.shape.back() == std::ssize(data));
    if (!by_column) return std::nullopt;
    const bool is_factor = op == '*' || op == '/';
    std::vector<float> out;
    for (const double each : data) {
      if (!std::isfinite(each) || (is_factor && !(each > 0))) return std::nullopt;
      out.push_back(static_cast<float>(each));
    }
    return std::pair{x, std::move(out)};
  }

  // Columns side by side, some of them scaled.
  Unscaled joined(const Node& node, std::vector<Node>& made) {
    const ValueId result = node.outputs[0];
    const auto axis = node.attributes.find("axis");
    const auto* along = axis == node.attributes.end() ? nullptr : std::get_if<std::int64_t>(&axis->second);
    const bool by_columns = along != nullptr && (*along == 1 || *along == -1);
    const bool are_tables = std::ranges::all_of(node.inputs, [&](const auto& id) { return id && is_table(*id); });
    if (!by_columns || !are_tables) return plain(result);
    Unscaled out{0, {}};
    Node join = node;
    for (auto& input : join.inputs) {
      Unscaled part = unscaled(*input, made);
      input = part.value;
      for (Chain& chain : part.columns) out.columns.push_back(std::move(chain));
    }
    const bool has_any = std::ranges::any_of(out.columns, [](const Chain& chain) { return !chain.empty(); });
    if (!has_any) return plain(result);
    out.value = static_cast<ValueId>(graph_.values.size());
    GraphValue value = graph_.values[result];
    value.name += " (unscaled)";
    graph_.values.push_back(std::move(value));
    join.outputs = {out.value};
    made.push_back(std::move(join));
    return out;
  }

  // Only if every threshold that reads it has one of the unscaled features.
  void replace_input(Node& ends, std::vector<Node>& nodes) {
    const ValueId result = ends.outputs[0];
    if (!is_table(*ends.inputs[0])) return;
    std::vector<Node> made;
    const Unscaled source = unscaled(*ends.inputs[0], made);
    if (std::ranges::all_of(source.columns, [](const Chain& chain) { return chain.empty(); })) return;
    std::map<ValueId, std::vector<double>> thresholds;
    for (const Node& node : graph_.nodes) {
      const bool reads = std::ranges::any_of(node.inputs, [&](const auto& id) { return id == result; });
      if (!reads) continue;
      if (node.op != "veil:Threshold") return;
      auto list = unscaled_thresholds(node, source.columns);
      if (!list) return;
      thresholds[node.outputs[0]] = std::move(*list);
    }
    for (auto& [id, list] : thresholds) thresholds_[id] = std::move(list);
    for (Node& node : made) nodes.push_back(std::move(node));
    ends.inputs[0] = source.value;
  }

  std::optional<std::vector<double>> unscaled_thresholds(const Node& node, const std::vector<Chain>& columns) const {
    if (!graph_.values[*node.inputs[1]].constant || !graph_.values[*node.inputs[2]].constant) return std::nullopt;
    const std::vector<double>& features = graph_.values[*node.inputs[1]].constant->data;
    std::vector<double> out = graph_.values[*node.inputs[2]].constant->data;
    for (std::size_t m = 0; m < out.size(); ++m) {
      const auto threshold =
          unscaled_threshold(columns[static_cast<std::size_t>(features[m]) % columns.size()], out[m]);
      if (!threshold) return std::nullopt;
      out[m] = *threshold;
    }
    return out;
  }

  void replace_thresholds(Node& node) {
    const auto found = thresholds_.find(node.outputs[0]);
    if (found == thresholds_.end()) return;
    GraphValue value = graph_.values[*node.inputs[2]];
    value.name += " (unscaled)";
    value.constant->data = std::move(found->second);
    node.inputs[2] = static_cast<ValueId>(graph_.values.size());
    graph_.values.push_back(std::move(value));
  }

  Graph& graph_;
  std::map<ValueId, std::size_t> makers_;
  std::map<ValueId, std::vector<double>> thresholds_;  // by the node's result
};

}  // namespace

void compare_unscaled(Graph& graph) {
  const bool has_trees = std::ranges::any_of(graph.nodes, [](const Node& node) { return node.op == "veil:Ends"; });
  if (has_trees) Unscaler(graph).run();
}

}  // namespace veil
