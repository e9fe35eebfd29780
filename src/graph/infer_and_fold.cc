#include <algorithm>
#include <numeric>
#include <utility>

#include "graph/compare_unscaled.h"
#include "graph/expansion.h"
#include "graph/imputed.h"
#include "graph/leaf_functions.h"
#include "graph/log_sum_exp.h"
#include "graph/needed.h"
#include "graph/operator.h"
#include "graph/passes.h"
#include "graph/shape.h"
#include "graph/text.h"

namespace veil {
namespace {

// Bounds on what folding may cost, so that a small file cannot ask for hours or all memory.
constexpr std::int64_t kMaxFoldedElements = std::int64_t{1} << 26;  // held at once, over the whole graph
constexpr std::int64_t kMaxFoldedWork = std::int64_t{1} << 32;      // multiplications and moves
constexpr std::size_t kMaxNewValues = std::size_t{1} << 18;         // of all expansions
constexpr std::int64_t kMaxSteps = std::int64_t{1} << 26;           // inputs of nodes visited, values of bodies entered
constexpr std::size_t kMaxDepth = 8;                                // of expansions inside expansions

bool has_no_elements(const GraphShape& shape) { return std::ranges::find(shape, 0) != shape.end(); }

// How many numbers of its inputs one number of its result takes, at most; 1 for most operators. Below 2^28.
std::int64_t depth_of(const Call& call) {
  const std::string& op = call.node->op;
  // An axis of the left side, whichever.
  if (op == "MatMul" || op == "Gemm") return call.shape(0).empty() ? 1 : *std::ranges::max_element(call.shape(0));
  if (op == "Conv" || op == "ConvTranspose")
    return *element_count(call.shape(1)) / std::max<std::int64_t>(call.shape(1)[0], 1);
  if (op != "MaxPool" && op != "AveragePool") return 1;
  const auto kernel = call.integers("kernel_shape");
  return kernel.ok() ? element_count(*kernel).value_or(1) : 1;
}

// About the number of steps that running the node takes.
std::int64_t work_of(const Call& call, const std::vector<TypedShape>& types) {
  std::int64_t work = 0;
  for (const auto& input : call.inputs) work += input ? element_count(input->typed.shape).value_or(0) : 0;
  for (const TypedShape& type : types) work += element_count(type.shape).value_or(0);
  return work * depth_of(call);  // below 2^30 * 2^28
}

std::int64_t steps_of(const Node& node) {
  const auto found = node.attributes.find("body");
  const Body* body = found == node.attributes.end() ? nullptr : std::get_if<Body>(&found->second);
  return 1 + std::ssize(node.inputs) + (body == nullptr ? 0 : std::ssize((*body)->graph.values));
}

// Needs no numbers of its input, only their count.
bool needs_only_shapes(const Node& node) { return node.op == "Shape" || node.op == "Size" || node.op == "EyeLike"; }

// Gathers every place of an axis, in order.
bool gathers_all(const Call& call) {
  if (call.node->op != "Gather" || call.shape(1).size() != 1) return false;
  const auto axis = call.integer("axis", 0);
  const auto places = call.constant_integers(1, "indices");
  if (!axis.ok() || !places.ok()) return false;
  const std::int64_t rank = std::ssize(call.shape(0)), at = *axis < 0 ? *axis + rank : *axis;
  if (std::ssize(*places) != call.shape(0)[static_cast<std::size_t>(at)]) return false;
  for (std::int64_t i = 0; i < std::ssize(*places); ++i) {
    if ((*places)[static_cast<std::size_t>(i)] != i) return false;
  }
  return true;
}

class Folder final : public NodeSink {
 public:
  explicit Folder(Graph& graph)
      : graph_(graph),
        leaf_functions_(graph),
        alias_(graph.values.size()),
        known_(graph.values.size(), false),
        file_values_(known_.size()) {
    std::iota(alias_.begin(), alias_.end(), ValueId{0});
  }

  Status start();
  Result<ValueId> new_value(GraphValue value) override;
  Status visit(Node node) override;
  void forward(ValueId result, ValueId source) override;
  Status spend(std::int64_t steps) override;
  ValueId source(ValueId result) const override { return alias_[result]; }
  void refuse(ValueId result, const std::string& sentence) override { graph_.values[result].defect = sentence; }
  Status finish();
  std::vector<Node> kept() { return std::move(kept_); }

 private:
  Status visit_needed(Node node);
  Status visit_now(Node node);
  Status release(ValueId id);
  Status expand(const Operator& op, const Node& node);
  Status resolve_inputs(Node& node);
  void take_types(const Node& node, const std::vector<TypedShape>& types);
  bool forward_same(const Node& node, const Call& call);
  void make_empty(ValueId id) { graph_.values[id].constant = Array{graph_.values[id].shape, {}}; }
  bool fold_empty(const Node& node);
  Status split_dropout(Node node);
  bool drop_empty_parts(Node& node);
  Status fold(const Operator& op, const Call& call, const std::vector<TypedShape>& types);

  Graph& graph_;
  LeafFunctions leaf_functions_;
  std::vector<ValueId> alias_;  // the value that is read in place of a removed Identity's result
  std::vector<bool> known_;     // an input, a constant, or the result of an earlier node
  std::size_t file_values_;     // the values after these belong to expansions
  std::vector<Node> kept_;
  std::size_t depth_ = 0;
  std::string expanding_;  // the operator whose expansion adds nodes; those of its own name stay
  std::int64_t elements_left_ = kMaxFoldedElements;
  std::int64_t work_left_ = kMaxFoldedWork;
  std::int64_t steps_left_ = kMaxSteps;
};

Status Folder::start() {
  for (std::size_t id = 0; id < graph_.values.size(); ++id) known_[id] = graph_.values[id].constant.has_value();
  for (const ValueId id : graph_.inputs) {
    const GraphValue& value = graph_.values[id];
    known_[id] = true;
    if (!value.defect.empty()) return Error{value.defect};
    if (!element_count(value.shape)) return Error{"Input " + quote(value.name) + " is too large."};
    // Nothing comes from the user where there is nothing to give.
    if (has_no_elements(value.shape)) make_empty(id);
  }
  std::erase_if(graph_.inputs, [&](ValueId id) { return has_no_elements(graph_.values[id].shape); });
  return Done{};
}

Status Folder::resolve_inputs(Node& node) {
  for (auto& input : node.inputs) {
    if (!input) continue;
    const GraphValue& value = graph_.values[*input];
    const bool may_be_chosen = node.op == "If" && input != node.inputs[0];
    if (!value.defect.empty() && !may_be_chosen) return Error{value.defect};
    if (!value.defect.empty()) continue;
    input = alias_[*input];
    if (!known_[*input]) return Error{"Nothing gives the value " + quote(value.name) + "."};
  }
  return Done{};
}

void Folder::take_types(const Node& node, const std::vector<TypedShape>& types) {
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    GraphValue& value = graph_.values[node.outputs[i]];
    value.type = types[i].type;
    value.shape = types[i].shape;
    known_[node.outputs[i]] = true;
  }
}

// Removes a node whose result is its input; readers of the result read the input.
bool Folder::forward_same(const Node& node, const Call& call) {
  const bool same = node.op == "Identity" || (node.op == "Dropout" && node.outputs.size() == 1) ||
                    (node.op == "Concat" && node.inputs.size() == 1) || gathers_all(call) ||
                    (node.op == "Cast" && graph_.values[node.outputs[0]].type == call.in(0).type);
  if (same) alias_[node.outputs[0]] = *node.inputs[0];
  return same;
}

// The mask of what is kept does not depend on the input: everything.
Status Folder::split_dropout(Node node) {
  GraphValue& mask = graph_.values[node.outputs[1]];
  const std::size_t size = size_of(mask.shape);
  elements_left_ -= static_cast<std::int64_t>(size);
  if (elements_left_ < 0) return Error{"The masks of the model become too large (at " + node_text(node) + ")."};
  mask.constant = Array{mask.shape, std::vector<double>(size, 1.0)};
  alias_[node.outputs[0]] = *node.inputs[0];
  return Done{};
}

// Results without elements are known in advance, whatever the inputs.
bool Folder::fold_empty(const Node& node) {
  const bool empty =
      std::ranges::all_of(node.outputs, [&](ValueId id) { return has_no_elements(graph_.values[id].shape); });
  for (const ValueId id : node.outputs) {
    if (empty) make_empty(id);
  }
  return empty;
}

// A cache of length 0 in front of what is new: parts without elements add nothing.
bool Folder::drop_empty_parts(Node& node) {
  if (node.op != "Concat" || has_no_elements(graph_.values[node.outputs[0]].shape)) return false;
  return std::erase_if(node.inputs, [&](const auto& id) { return has_no_elements(graph_.values[*id].shape); }) != 0;
}

Status Folder::fold(const Operator& op, const Call& call, const std::vector<TypedShape>& types) {
  const Node& node = *call.node;
  work_left_ -= work_of(call, types);
  for (std::size_t i = 0; i < node.outputs.size(); ++i)
    elements_left_ -= static_cast<std::int64_t>(size_of(types[i].shape));
  if (work_left_ < 0 || elements_left_ < 0) {
    return Error{"The constant part of the model is too large to be computed in advance (at " + node_text(node) + ")."};
  }
  Inputs inputs;
  for (const auto& input : node.inputs) {
    inputs.push_back(input && graph_.values[*input].constant ? &*graph_.values[*input].constant : nullptr);
  }
  std::vector<Array> results;
  results.reserve(types.size());
  Outputs outputs;
  for (const TypedShape& type : types) results.push_back({type.shape, std::vector<double>(size_of(type.shape))});
  results.resize(node.outputs.size());
  for (Array& result : results) outputs.push_back(&result);
  VEIL_TRY_STATUS(run_call(op, call, types, inputs, outputs));
  for (std::size_t i = 0; i < results.size(); ++i) graph_.values[node.outputs[i]].constant = std::move(results[i]);
  return Done{};
}

Result<ValueId> Folder::new_value(GraphValue value) {
  if (graph_.values.size() - file_values_ >= kMaxNewValues) return Error{"the model becomes too large with it"};
  if (value.constant) elements_left_ -= std::ssize(value.constant->data);
  if (elements_left_ < 0) return Error{"the constants of the model become too large with it"};
  alias_.push_back(static_cast<ValueId>(alias_.size()));
  known_.push_back(value.constant.has_value());
  graph_.values.push_back(std::move(value));
  return alias_.back();
}

Status Folder::spend(std::int64_t steps) {
  steps_left_ -= steps;
  if (steps_left_ < 0) return Error{"the model becomes too large with it"};
  return Done{};
}

void Folder::forward(ValueId result, ValueId source) {
  alias_[result] = alias_[source];
  known_[result] = true;
  GraphValue& read = graph_.values[alias_[source]];
  graph_.values[result].type = read.type;
  graph_.values[result].shape = read.shape;
  // A new value is known by the name of what it gives.
  if (alias_[source] >= file_values_) read.name = graph_.values[result].name;
}

Status Folder::expand(const Operator& op, const Node& node) {
  if (depth_ >= kMaxDepth) return Error{"Operators inside operators are nested too deep at " + node_text(node) + "."};
  ++depth_;
  const std::string outer = std::exchange(expanding_, node.op);
  Expansion expansion(graph_, node, *this);
  Status status = check_call(op, expansion.call());
  if (status.ok()) status = op.expand(expansion);
  expanding_ = outer;
  --depth_;
  return expansion.finish(status);
}

Status Folder::visit(Node node) {
  if (!node.tentative) return visit_needed(std::move(node));
  const std::vector<ValueId> outputs = node.outputs;
  const Status status = visit_needed(std::move(node));
  if (status.ok()) return status;
  for (const ValueId id : outputs) refuse(id, status.error().message);
  return Done{};
}

// Operators whose forms of opsets 1 to 6, as far as their attributes are known, are those of opset 7. Not among them
// are those that did something else then: dropped at random unless told otherwise (Dropout, BatchNormalization), had
// other defaults (Selu), aligned shapes otherwise (PRelu), or took as an input what is an attribute (Split).
constexpr std::string_view kSameInOldOpsets =
    " Abs Add And ArgMax ArgMin AveragePool Cast Ceil Clip Concat Constant Conv ConvTranspose DepthToSpace Div Elu "
    "Equal Exp Flatten Floor Gather Gemm GlobalAveragePool GlobalMaxPool Greater HardSigmoid Hardmax Identity If "
    "InstanceNormalization LRN LeakyRelu Less Log LogSoftmax LpNormalization MatMul Max MaxPool Mean Min Mul Neg Not "
    "Or Pad Pow Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd "
    "ReduceSum ReduceSumSquare Relu Reshape Shape Sigmoid Size Slice Softmax Softplus Softsign SpaceToDepth Sqrt "
    "Squeeze Sub Sum Tanh Transpose Unsqueeze Xor ";

Status check_old_form(const Node& node, std::int64_t opset) {
  constexpr std::int64_t kFirstCommonOpset = 7;
  if (opset >= kFirstCommonOpset || node.op.find(':') != std::string::npos) return Done{};
  if (kSameInOldOpsets.find(" " + node.op + " ") != std::string_view::npos) return Done{};
  return Error{"The " + node_text(node) + " has the form of opset " + std::to_string(opset) +
               ", which differs; supported from 7 on, so export the model with another opset."};
}

Status Folder::visit_needed(Node node) {
  for (const ValueId id : node.outputs) {
    if (!graph_.values[id].defect.empty()) return Error{graph_.values[id].defect};
  }
  if (!spend(steps_of(node)).ok()) return Error{"The model becomes too large (at " + node_text(node) + ")."};
  VEIL_TRY_STATUS(resolve_inputs(node));
  if (depth_ > 0) return visit_now(std::move(node));
  if (!node.tentative && leaf_functions_.take(node)) {
    for (const ValueId id : node.outputs) known_[id] = true;
    return Done{};
  }
  for (const auto& input : node.inputs) {
    if (input && leaf_functions_.holds(*input) && !(needs_only_shapes(node) && leaf_functions_.has_shape(*input))) {
      VEIL_TRY_STATUS(release(*input));
    }
  }
  return visit_now(std::move(node));
}

Status Folder::release(ValueId id) {
  for (Node& node : leaf_functions_.release(id)) VEIL_TRY_STATUS(visit_now(std::move(node)));
  return Done{};
}

Status Folder::visit_now(Node node) {
  VEIL_TRY_STATUS(resolve_inputs(node));
  VEIL_TRY(op, operator_of(node));
  const std::int64_t opset = node.opset != 0 ? node.opset : graph_.opset;
  VEIL_TRY_STATUS(check_old_form(node, opset));
  // A core operator may bring its other forms to the one that expansions make.
  const bool may_expand = node.opset != kExpandedOpset || (depth_ > 0 && node.op != expanding_);
  if (op->expand != nullptr && (op->infer == nullptr || may_expand)) return expand(*op, node);
  Call call = call_of(graph_, node);
  VEIL_TRY(types, infer_call(*op, call));
  take_types(node, types);
  if (drop_empty_parts(node)) call = call_of(graph_, node);
  if (forward_same(node, call) || fold_empty(node)) return Done{};
  const auto is_constant = [](const auto& input) { return !input || input->constant != nullptr; };
  if (node.op == "Dropout") return split_dropout(std::move(node));
  if (needs_only_shapes(node) || std::all_of(call.inputs.begin(), call.inputs.end(), is_constant)) {
    return fold(*op, call, types);
  }
  for (const ValueId id : node.outputs) {
    const GraphValue& value = graph_.values[id];
    if (!has_no_elements(value.shape)) continue;
    return Error{"Value " + quote(value.name) + " of shape " + shape_text(value.shape) + " has no elements."};
  }
  kept_.push_back(std::move(node));
  return Done{};
}

Status Folder::finish() {
  for (const ValueId id : graph_.outputs) VEIL_TRY_STATUS(release(id));
  for (ValueId& id : graph_.outputs) {
    const ValueId source = alias_[id];
    if (source == id) continue;
    // The user knows the output by its own name.
    const bool is_input = std::find(graph_.inputs.begin(), graph_.inputs.end(), source) != graph_.inputs.end();
    if (!is_input) graph_.values[source].name = graph_.values[id].name;
    id = source;
  }
  return Done{};
}

}  // namespace

Status infer_and_fold(Graph& graph) {
  join_log_sum_exp(graph);
  remove_unneeded(graph);
  Folder folder(graph);
  VEIL_TRY_STATUS(folder.start());
  for (Node& node : graph.nodes) VEIL_TRY_STATUS(folder.visit(std::move(node)));
  VEIL_TRY_STATUS(folder.finish());
  graph.nodes = folder.kept();
  for (const ValueId id : graph.outputs) {
    const GraphValue& value = graph.values[id];
    if (!value.defect.empty()) return Error{value.defect};
    if (!has_no_elements(value.shape)) continue;
    return Error{"The output " + quote(value.name) + " of shape " + shape_text(value.shape) +
                 " has no elements: there is nothing to prove."};
  }
  remove_unneeded(graph);
  compare_unscaled(graph);
  take_imputed(graph);
  remove_unneeded(graph);
  return Done{};
}

}  // namespace veil
