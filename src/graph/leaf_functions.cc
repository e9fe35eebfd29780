#include "graph/leaf_functions.h"

#include <algorithm>
#include <numeric>
#include <string_view>

#include "graph/operator.h"
#include "graph/passes.h"

namespace veil {
namespace {

// One row at a time, number by number; constants are stretched along the rows.
constexpr std::string_view kByNumber =
    " Abs Add And Cast Ceil Clip Div Equal Exp Floor Greater GreaterOrEqual Identity Less LessOrEqual Log Max Mean Min "
    "Mul Neg Not Or Pow Reciprocal Relu Round Sigmoid Sign Sqrt Sub Sum Tanh Where Xor ai.onnx.ml:LabelEncoder ";
// One row at a time if their axis is the second.
constexpr std::string_view kByRow =
    " ArgMax ArgMin ReduceL1 ReduceL2 ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceSum Softmax ";

bool is_among(std::string_view list, const std::string& op) {
  return list.find(" " + op + " ") != std::string_view::npos;
}

bool is_lone_ensemble(const std::string& op) {
  return op == "ai.onnx.ml:TreeEnsembleRegressor" || op == "ai.onnx.ml:TreeEnsembleClassifier";
}

bool is_second_axis(std::int64_t axis) { return axis == 1 || axis == -1; }

// The node's results on the inputs, all of them constants.
std::optional<GraphValue> evaluated(const Graph& around, Node node, std::size_t output,
                                    std::vector<GraphValue> inputs) {
  Graph graph;
  graph.opset = around.opset;
  graph.values = std::move(inputs);
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    if (node.inputs[i]) node.inputs[i] = static_cast<ValueId>(i);
  }
  for (ValueId& id : node.outputs) {
    id = static_cast<ValueId>(graph.values.size());
    graph.values.push_back({"result", ElementType::kFloat, {}, {}, {}});
  }
  graph.outputs = {node.outputs[output]};
  graph.nodes.push_back(std::move(node));
  if (!infer_and_fold(graph).ok() || graph.outputs.size() != 1) return std::nullopt;
  GraphValue& result = graph.values[graph.outputs[0]];
  if (!result.constant) return std::nullopt;
  return std::move(result);
}

GraphValue leaf_numbers(std::size_t leaves) {
  Array numbers{{static_cast<std::int64_t>(leaves), 1}, std::vector<double>(leaves)};
  std::iota(numbers.data.begin(), numbers.data.end(), 0.0);
  const GraphShape shape = numbers.shape;
  return {"leaf", ElementType::kFloat, shape, std::move(numbers), {}};
}

std::size_t size_of_attributes(const Node& node) {
  std::size_t size = 1;
  for (const auto& [name, value] : node.attributes) {
    if (const auto* list = std::get_if<std::vector<std::int64_t>>(&value)) size += list->size();
    if (const auto* list = std::get_if<std::vector<double>>(&value)) size += list->size();
    if (const auto* text = std::get_if<std::string>(&value)) size += text->size();
    if (const auto* array = std::get_if<Array>(&value)) size += array->data.size();
  }
  return size;
}

// Whether the axis that a node goes along is the second of two. Axes may be an attribute or a constant.
bool goes_along_rows(const Call& call) {
  if (call.in(0).shape.size() != 2) return false;
  if (call.has_attribute("axes")) {
    const auto axes = call.integers("axes");
    return axes.ok() && axes->size() == 1 && is_second_axis((*axes)[0]);
  }
  if (call.has(1)) {
    const auto axes = call.constant_integers(1, "axes");
    return axes.ok() && axes->size() == 1 && is_second_axis((*axes)[0]);
  }
  const auto axis = call.integer("axis", 0);
  return call.has_attribute("axis") && axis.ok() && is_second_axis(*axis);
}

// A reshape that changes nothing: to [-1, width].
bool keeps_shape(const Call& call) {
  const auto target = call.constant_integers(1, "shape");
  const GraphShape& shape = call.shape(0);
  return target.ok() && shape.size() == 2 && target->size() == 2 && (*target)[0] == -1 && (*target)[1] == shape[1];
}

}  // namespace

bool LeafFunctions::take(const Node& node) {
  if (is_lone_ensemble(node.op)) return take_tree(node);
  const bool reads_held = std::ranges::any_of(node.inputs, [&](const auto& input) { return input && holds(*input); });
  if (!reads_held || node.outputs.size() != 1) return false;
  return take_sum(node) || take_step(node);
}

bool LeafFunctions::afford(const Node& node, std::size_t leaves) {
  const std::size_t size = size_of_attributes(node);
  if (leaves > work_left_ / size) return false;
  work_left_ -= leaves * size;
  return true;
}

void LeafFunctions::hold(const Node& node, std::size_t output, std::size_t tree, GraphValue table) {
  GraphValue& value = graph_.values[node.outputs[output]];
  value.type = table.type;
  value.shape = table.constant->shape;
  value.shape[0] = graph_.values[trees_[tree].features].shape[0];
  held_[node.outputs[output]] = {{{tree, std::move(*table.constant)}}, node};
}

bool LeafFunctions::take_tree(const Node& node) {
  if (node.inputs.size() != 1 || !node.inputs[0]) return false;
  const GraphValue& features = graph_.values[*node.inputs[0]];
  if (features.constant || holds(*node.inputs[0]) || features.shape.size() != 2) return false;
  auto tree = lone_tree(graph_, node);
  if (!tree || !afford(node, tree->leaves.size())) return false;
  for (std::size_t i = 0; i < tree->nodes.ids.size(); ++i) {
    const std::int64_t feature = tree->nodes.features[i];
    const bool is_read = tree->nodes.modes[i] != "LEAF";
    if (is_read && (feature < 0 || feature >= features.shape[1])) return false;
    if (!is_read) tree->nodes.features[i] = 0;
  }
  const Node numbered = with_numbered_leaves(*tree);
  const GraphValue numbers = leaf_numbers(tree->leaves.size());
  std::vector<std::optional<GraphValue>> tables;
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    tables.push_back(evaluated(graph_, numbered, i, {numbers}));
  }
  if (std::ranges::none_of(tables, [](const auto& table) { return table.has_value(); })) return false;
  trees_.push_back(std::move(*tree));
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    if (tables[i]) hold(node, i, trees_.size() - 1, std::move(*tables[i]));
    if (!tables[i]) held_[node.outputs[i]] = {{}, node};
  }
  return true;
}

// A sum of functions, not all of one tree.
bool LeafFunctions::take_sum(const Node& node) {
  if (node.op != "Sum" && node.op != "Add") return false;
  Held sum{{}, node};
  const Held* first = nullptr;
  const GraphValue* like = nullptr;
  for (const auto& input : node.inputs) {
    if (!input || !holds(*input) || !has_shape(*input)) return false;
    const Held& held = held_.at(*input);
    const GraphValue& value = graph_.values[*input];
    if (first == nullptr) {
      first = &held;
      like = &value;
    }
    if (value.type != ElementType::kFloat || value.shape.size() != 2 || value.shape != like->shape) return false;
    if (trees_[held.parts[0].first].features != trees_[first->parts[0].first].features) return false;
    if (!afford(node, held.parts.size())) return false;
    sum.parts.insert(sum.parts.end(), held.parts.begin(), held.parts.end());
  }
  if (std::ranges::all_of(sum.parts, [&](const auto& part) { return part.first == sum.parts[0].first; })) return false;
  const TypedShape type{like->type, like->shape};
  graph_.values[node.outputs[0]].type = type.type;
  graph_.values[node.outputs[0]].shape = type.shape;
  held_[node.outputs[0]] = std::move(sum);
  return true;
}

// The one tree that everything held which the node reads is a function of.
std::optional<std::size_t> LeafFunctions::tree_of(const Node& node) const {
  std::optional<std::size_t> tree;
  for (const auto& input : node.inputs) {
    if (!input || !holds(*input)) continue;
    const Held& held = held_.at(*input);
    if (held.parts.size() != 1 || (tree && *tree != held.parts[0].first)) return std::nullopt;
    tree = held.parts[0].first;
  }
  return tree;
}

// A constant as it is stretched along leaves in place of rows: it must not differ from row to row.
std::optional<GraphValue> LeafFunctions::along_leaves(ValueId id) const {
  GraphValue value = graph_.values[id];
  if (!value.constant || value.shape.size() > 2 || value.constant->data.empty()) return std::nullopt;
  if (value.shape.size() < 2 || value.shape[0] == 1) return value;
  const auto width = static_cast<std::size_t>(value.shape[1]);
  for (std::size_t i = width; i < value.constant->data.size(); ++i) {
    if (value.constant->data[i] != value.constant->data[i - width]) return std::nullopt;
  }
  value.shape[0] = 1;
  value.constant->shape[0] = 1;
  value.constant->data.resize(width);
  return value;
}

std::optional<std::vector<GraphValue>> LeafFunctions::step_inputs(const Node& node, std::size_t tree) const {
  std::vector<GraphValue> inputs;
  bool is_list = false, has_wide_constant = false;  // one number a row
  for (const auto& input : node.inputs) {
    if (!input) {
      inputs.emplace_back();
    } else if (holds(*input)) {
      const auto& [number, table] = held_.at(*input).parts[0];
      is_list = is_list || table.shape.size() == 1;
      if (number != tree || table.shape.empty() || table.shape.size() > 2) return std::nullopt;
      inputs.push_back({"leaf", graph_.values[*input].type, table.shape, table, {}});
    } else {
      auto constant = along_leaves(*input);
      if (!constant) return std::nullopt;
      has_wide_constant = has_wide_constant || constant->shape.size() == 2 || constant->constant->data.size() != 1;
      inputs.push_back(std::move(*constant));
    }
  }
  // A list of rows would be stretched along a constant's numbers.
  const auto is_table = [&](const auto& input) {
    return input && holds(*input) && graph_.values[*input].shape.size() == 2;
  };
  if (is_list && (has_wide_constant || std::ranges::any_of(node.inputs, is_table))) return std::nullopt;
  return inputs;
}

bool LeafFunctions::take_step(const Node& node) {
  const auto tree = tree_of(node);
  if (!tree) return false;
  for (const auto& input : node.inputs) {
    if (input && !holds(*input) && !graph_.values[*input].constant) return false;
  }
  const Call call = call_of(graph_, node);
  const bool moves_nothing = is_among(kByNumber, node.op) ||
                             (node.op == "Reshape" && call.has(1) && keeps_shape(call)) ||
                             (is_among(kByRow, node.op) && call.has(0) && goes_along_rows(call));
  if (!moves_nothing) return false;
  const std::size_t leaves = trees_[*tree].leaves.size();
  auto inputs = step_inputs(node, *tree);
  if (!inputs || !afford(node, leaves)) return false;
  // Lists of axes and shapes are no tables of numbers.
  for (std::size_t i = 1; i < inputs->size(); ++i) {
    if (!is_among(kByNumber, node.op) && node.inputs[i]) (*inputs)[i] = graph_.values[*node.inputs[i]];
  }
  auto result = evaluated(graph_, node, 0, std::move(*inputs));
  const bool is_by_leaf = result && !result->shape.empty() && result->shape.size() <= 2 &&
                          result->shape[0] == static_cast<std::int64_t>(leaves);
  if (!is_by_leaf) return false;
  hold(node, 0, *tree, std::move(*result));
  return true;
}

std::vector<Node> LeafFunctions::release(ValueId id) {
  const auto found = held_.find(id);
  if (found == held_.end()) return {};
  const Held held = std::move(found->second);
  const bool is_original = is_lone_ensemble(held.origin.op);
  const GraphValue& value = graph_.values[id];
  if (!is_original && value.type == ElementType::kFloat && value.shape.size() == 2) {
    held_.erase(id);
    std::vector<std::pair<const LoneTree*, const Array*>> trees;
    for (const auto& [tree, table] : held.parts) trees.emplace_back(&trees_[tree], &table);
    Node joined = joined_trees(trees);
    joined.name = held.origin.name;
    joined.outputs = {id};
    return {std::move(joined)};
  }
  for (const ValueId output : held.origin.outputs) held_.erase(output);
  std::vector<Node> nodes;
  for (const auto& input : held.origin.inputs) {
    if (!input) continue;
    for (Node& node : release(*input)) nodes.push_back(std::move(node));
  }
  nodes.push_back(held.origin);
  return nodes;
}

}  // namespace veil
