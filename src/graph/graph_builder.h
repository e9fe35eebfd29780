// Graphs written by hand, for tests and the self-test of a machine.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graph/graph.h"

namespace veil {

class GraphBuilder {
 public:
  explicit GraphBuilder(std::int64_t opset = 17) { graph_.opset = opset; }

  ValueId input(const std::string& name, GraphShape shape, ElementType type = ElementType::kFloat) {
    graph_.inputs.push_back(value({name, type, std::move(shape), {}, {}}));
    return graph_.inputs.back();
  }
  ValueId constant(Array array, ElementType type = ElementType::kFloat) {
    return value({"constant " + std::to_string(graph_.values.size()), type, array.shape, array, {}});
  }
  // A list of integers, as shapes and axes are.
  ValueId integers(std::vector<double> values) {
    const auto length = static_cast<std::int64_t>(values.size());
    return constant({{length}, std::move(values)}, ElementType::kInt64);
  }
  // The result is called `name`, the node "NAME node".
  ValueId node(const std::string& op, std::vector<std::optional<ValueId>> inputs, const std::string& name,
               std::map<std::string, Attribute> attributes = {}) {
    const ValueId out = value({name, ElementType::kFloat, {}, {}, {}});
    graph_.nodes.push_back({op, name + " node", std::move(inputs), {out}, std::move(attributes)});
    return out;
  }
  ValueId second_output(const std::string& name) {
    graph_.nodes.back().outputs.push_back(value({name, ElementType::kFloat, {}, {}, {}}));
    return graph_.nodes.back().outputs.back();
  }
  GraphValue& at(ValueId id) { return graph_.values[id]; }
  Graph finish(std::vector<ValueId> outputs) {
    graph_.outputs = std::move(outputs);
    return std::move(graph_);
  }

 private:
  ValueId value(GraphValue value) {
    graph_.values.push_back(std::move(value));
    return static_cast<ValueId>(graph_.values.size() - 1);
  }

  Graph graph_;
};

}  // namespace veil
