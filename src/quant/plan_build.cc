// Float graph -> plan: the builder itself. The operators are in plan_*.cc, one function each.
#include <algorithm>
#include <array>
#include <cmath>

#include "base/check.h"
#include "graph/masks.h"
#include "graph/shape.h"
#include "graph/text.h"
#include "quant/plan_builder.h"

namespace veil {

std::int64_t Pattern::full_size() const {
  std::int64_t size = 1;
  for (const std::int64_t length : lengths) size *= length;
  return size;
}

std::int64_t Pattern::compact_size() const {
  std::int64_t size = 1;
  for (std::size_t i = 0; i < lengths.size(); ++i) size *= present[i] != 0 ? lengths[i] : 1;
  return size;
}

std::size_t Pattern::compact_index(std::int64_t flat) const {
  std::int64_t index = 0;
  std::int64_t stride = 1;
  for (std::size_t i = lengths.size(); i-- > 0; flat /= lengths[i]) {
    if (present[i] == 0) continue;
    index += flat % lengths[i] * stride;
    stride *= lengths[i];
  }
  return static_cast<std::size_t>(index);
}

std::int64_t PlanEinsum::size_of(const std::vector<std::int64_t>& axes) const {
  std::int64_t size = 1;
  for (const std::int64_t label : axes) size *= lengths[static_cast<std::size_t>(label)];
  return size;
}

bool has_weight_for_each(const PlanEinsum& einsum, std::int64_t batch) {
  if (!einsum.has_weight) return false;
  auto first = einsum.x_axes.begin();
  if (batch > 1) {
    if (first == einsum.x_axes.end() || einsum.lengths[static_cast<std::size_t>(*first)] != batch) return false;
    ++first;
  }
  return std::all_of(first, einsum.x_axes.end(), [&](std::int64_t label) {
    return std::find(einsum.y_axes.begin(), einsum.y_axes.end(), label) != einsum.y_axes.end();
  });
}

PlanEinsum as_product(const PlanAffine& affine) {
  PlanEinsum out;
  out.lengths = affine.pattern.lengths;
  out.box_rank = std::ssize(out.lengths);
  for (std::int64_t label = 0; label < out.box_rank; ++label) {
    out.x_axes.push_back(label);
    if (affine.pattern.present[static_cast<std::size_t>(label)] == 0) continue;
    if (!affine.factor.empty()) out.y_axes.push_back(label);
    if (!affine.addend.empty()) out.bias_axes.push_back(label);
  }
  out.has_weight = !affine.factor.empty();
  out.weight = affine.factor;
  out.bias = affine.addend;
  return out;
}

// One that is too large is an error of the node that asks for it (PlanBuilder::add).
std::int64_t elements(const GraphShape& shape) { return element_count(shape).value_or(1); }

Pattern broadcast_pattern(const GraphShape& shape, const GraphShape& to) {
  Pattern pattern;
  for (std::size_t axis = 0; axis < to.size(); ++axis) {
    const std::size_t missing = to.size() - shape.size();
    const std::int64_t present = axis >= missing && shape[axis - missing] != 1 ? 1 : 0;
    if (to[axis] == 1) continue;
    if (!pattern.present.empty() && pattern.present.back() == present) {
      pattern.lengths.back() *= to[axis];
    } else {
      pattern.lengths.push_back(to[axis]);
      pattern.present.push_back(present);
    }
  }
  if (pattern.lengths.empty()) return Pattern{{1}, {0}};
  return pattern;
}

void Labels::add(std::int64_t length, std::initializer_list<std::vector<std::int64_t>*> operands) {
  if (length == 1) return;
  for (std::vector<std::int64_t>* axes : operands) axes->push_back(static_cast<std::int64_t>(einsum.lengths.size()));
  einsum.lengths.push_back(length);
}

PlanEinsum elementwise_product(std::int64_t size) {
  Labels labels;
  labels.add(size, {&labels.einsum.x_axes, &labels.einsum.y_axes});
  labels.end_box();
  return labels.einsum;
}

void ViewMap::read(std::size_t d, std::size_t out_axis, std::int64_t coefficient) {
  if (view_.out_lengths[out_axis] == 1) return;
  view_.terms.push_back(static_cast<std::int64_t>(d));
  view_.terms.push_back(static_cast<std::int64_t>(out_axis));
  view_.terms.push_back(coefficient);
}

namespace {

double largest_magnitude(const Array& array) {
  double largest = 0;
  for (const double number : array.data) largest = std::max(largest, std::fabs(number));
  return largest;
}

}  // namespace

PlanBuilder::PlanBuilder(const Graph& graph) : graph_(graph), ids_(graph.values.size()) {
  const std::vector<bool> scores = feeds_softmax_only(graph);
  const auto is_mask = [](double number) { return number < kMaskedScore; };
  for (ValueId id = 0; id < scores.size(); ++id) {
    const auto& constant = graph.values[id].constant;
    if (!scores[id] || !constant || std::ranges::none_of(constant->data, is_mask)) continue;
    Array& bounded = masks_[id] = *constant;
    std::ranges::replace_if(bounded.data, is_mask, kMaskedScore);
  }
}

const Array& PlanBuilder::constant_of(ValueId id) const {
  const auto found = masks_.find(id);
  return found != masks_.end() ? found->second : *graph_.values[id].constant;
}

Call PlanBuilder::call_of_plan(const Node& node) const {
  Call call = call_of(graph_, node);
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    if (node.inputs[i] && masks_.contains(*node.inputs[i])) call.inputs[i]->constant = &masks_.at(*node.inputs[i]);
  }
  return call;
}

bool PlanBuilder::is_real_or_other(ElementType type) {
  return type == ElementType::kFloat || type == ElementType::kDouble || type == ElementType::kOther;
}

PlanId PlanBuilder::add_value(PlanValue value) {
  plan_.values.push_back(std::move(value));
  return static_cast<PlanId>(plan_.values.size() - 1);
}

Shaped PlanBuilder::in(const Call& call, std::size_t index) {
  const ValueId source = *call.node->inputs[index];
  const GraphValue& value = graph_.values[source];
  if (!ids_[source]) {
    const Shaped made = constant_value(call, constant_of(source), !is_real_or_other(value.type));
    plan_.values[made.id].name = value.name;
    ids_[source] = made.id;
  }
  return {*ids_[source], value.shape};
}

Shaped PlanBuilder::constant_value(const Call& call, const Array& array, bool is_integer) {
  return add(call, array.shape, {}, PlanConstant{array.data}, {{}, largest_magnitude(array), is_integer});
}

Shaped PlanBuilder::add(const Call& call, GraphShape shape, std::vector<PlanId> inputs, PlanOp op, Bound bound) {
  if (!element_count(shape) && !error_) {
    error_ = Error{"it needs more than 2^28 numbers at once, of shape " + shape_text(shape)};
  }
  const PlanId id = add_value({out(call).name, elements(shape), {}, bound.like, bound.largest, bound.is_integer});
  plan_.nodes.push_back(PlanNode{node_text(*call.node), std::move(inputs), id, std::move(op)});
  return {id, std::move(shape)};
}

PlanBuilder::Bound PlanBuilder::like_input(const Call& call, std::size_t index) const {
  const ValueId source = *call.node->inputs[index];
  const GraphValue& value = graph_.values[source];
  const bool is_integer = !is_real_or_other(value.type);
  if (!value.constant) return {source, {}, is_integer};
  return {{}, largest_magnitude(constant_of(source)), is_integer};
}

Shaped PlanBuilder::view(const Call& call, const Shaped& value, const ViewMap& map) {
  PlanView op = map.finish();
  GraphShape shape = op.out_lengths;
  const PlanValue& from = plan_.values[value.id];
  const Bound bound{from.source ? from.source : from.like, from.largest, from.is_integer};
  return add(call, std::move(shape), {value.id}, std::move(op), bound);
}

Shaped PlanBuilder::broadcast(const Call& call, const Shaped& value, const GraphShape& to) {
  if (elements(value.shape) == elements(to)) return {value.id, to};
  const std::size_t missing = to.size() - value.shape.size();
  ViewMap map(value.shape);
  for (std::size_t axis = 0; axis < to.size(); ++axis) {
    const std::size_t made = map.add_axis(to[axis]);
    if (axis >= missing && value.shape[axis - missing] != 1) map.read(axis - missing, made);
  }
  return view(call, value, map);
}

std::vector<PlanId> PlanBuilder::both_broadcast(const Call& call) {
  const GraphShape& to = out_shape(call);
  const PlanId first = broadcast(call, in(call, 0), to).id;
  return {first, broadcast(call, in(call, 1), to).id};
}

Shaped PlanBuilder::permuted(const Call& call, const Shaped& value, const std::vector<std::size_t>& order) {
  GraphShape shape;
  ViewMap map(value.shape);
  std::vector<std::size_t> longer;
  for (const std::size_t d : order) {
    shape.push_back(value.shape[d]);
    map.keep(d);
    if (value.shape[d] > 1) longer.push_back(d);
  }
  if (std::is_sorted(longer.begin(), longer.end())) return {value.id, std::move(shape)};
  return view(call, value, map);
}

// Halves are compared until one element is left; with an odd length the middle one takes part twice.
Shaped PlanBuilder::extremum(const Call& call, Shaped value, std::size_t axis, bool minimum) {
  while (value.shape[axis] > 1) {
    const std::int64_t half = (value.shape[axis] + 1) / 2;
    const auto part = [&](std::int64_t start) {
      ViewMap map(value.shape);
      for (std::size_t d = 0; d < value.shape.size(); ++d) map.read(d, map.add_axis(d == axis ? half : value.shape[d]));
      map.offset(axis, start);
      return view(call, value, map);
    };
    const Shaped first = part(0);
    const Shaped second = part(value.shape[axis] - half);
    const PlanValue& from = plan_.values[first.id];
    const Bound bound{from.like, from.largest, from.is_integer};
    value = add(call, first.shape, {first.id, second.id}, PlanMaximum{minimum}, bound);
  }
  value.shape.erase(value.shape.begin() + static_cast<std::ptrdiff_t>(axis));
  return value;
}

void PlanBuilder::finish(const Call& call, const Shaped& value, std::size_t index) {
  const ValueId id = call.node->outputs[index];
  PlanValue& made = plan_.values[value.id];
  if (!made.source && made.size == elements(graph_.values[id].shape)) {
    made.source = id;
    made.name = graph_.values[id].name;
    made.is_integer = made.is_integer || !is_real_or_other(graph_.values[id].type);
  }
  ids_[id] = value.id;
}

void PlanBuilder::emit(const Call& call, std::vector<PlanId> inputs, PlanOp op) {
  finish(call, add(call, out_shape(call), std::move(inputs), std::move(op), {}));
}

bool PlanBuilder::is_read(const Call& call, std::size_t index) const {
  if (index >= call.node->outputs.size()) return false;
  const std::optional<ValueId> id = call.node->outputs[index];
  if (graph_.outputs[0] == *id) return true;
  return std::any_of(graph_.nodes.begin(), graph_.nodes.end(), [&](const Node& node) {
    return std::find(node.inputs.begin(), node.inputs.end(), id) != node.inputs.end();
  });
}

void PlanBuilder::mark_logits(const Call& call, PlanId id) { plan_.values[id].softmax = node_text(*call.node); }

bool PlanBuilder::never_negative(PlanId id) const {
  for (const PlanNode& node : plan_.nodes) {
    if (node.output != id) continue;
    if (std::holds_alternative<PlanRelu>(node.op) || std::holds_alternative<PlanStep>(node.op)) return true;
    if (const auto* clip = std::get_if<PlanClip>(&node.op)) return clip->low >= 0;
    if (const auto* function = std::get_if<PlanFunction>(&node.op)) {
      return function->function == SmoothFunction::kSigmoid;
    }
    const bool passes_on = std::holds_alternative<PlanView>(node.op) || std::holds_alternative<PlanMaximum>(node.op) ||
                           std::holds_alternative<PlanConcat>(node.op);
    return passes_on &&
           std::all_of(node.inputs.begin(), node.inputs.end(), [this](PlanId input) { return never_negative(input); });
  }
  return false;
}

const PlanNode* PlanBuilder::producer(PlanId id) const {
  const auto found =
      std::find_if(plan_.nodes.begin(), plan_.nodes.end(), [&](const PlanNode& node) { return node.output == id; });
  return found == plan_.nodes.end() ? nullptr : &*found;
}

bool PlanBuilder::is_quantised(PlanId id) const {
  const auto is_whole = [](double value) { return std::isfinite(value) && std::floor(value) == value; };
  const PlanNode* clip = producer(id);
  if (clip == nullptr || !std::holds_alternative<PlanClip>(clip->op)) return false;
  const auto& bounds = std::get<PlanClip>(clip->op);
  if (!is_whole(bounds.low) || !is_whole(bounds.high)) return false;
  const PlanNode* node = producer(clip->inputs[0]);
  const auto* shift = node != nullptr ? std::get_if<PlanAffine>(&node->op) : nullptr;
  if (shift != nullptr) {
    if (!shift->factor.empty() || !std::all_of(shift->addend.begin(), shift->addend.end(), is_whole)) return false;
    node = producer(node->inputs[0]);
  }
  return node != nullptr && std::holds_alternative<PlanRound>(node->op);
}

namespace {

const PlanRule* find_rule(std::string_view op) {
  for (const auto& family :
       {product_rules(), arithmetic_rules(), logic_rules(), activation_rules(), view_rules(), window_rules(),
        reduction_rules(), index_rules(), tree_rules(), order_rules(), quotient_rules()}) {
    for (const PlanRule& rule : family) {
      if (rule.name == op) return &rule;
    }
  }
  return nullptr;
}

}  // namespace

bool has_plan_rule(std::string_view op) { return find_rule(op) != nullptr; }

Status PlanBuilder::add_node(const Call& call) {
  const PlanRule* rule = find_rule(call.node->op);
  if (rule == nullptr) return Error{"this operator has no proof yet"};
  VEIL_TRY_STATUS(rule->build(*this, call));
  if (error_) return *error_;
  return Done{};
}

// An output that is a constant of the model: the proof says that, and setup says so.
Result<PlanId> PlanBuilder::output_id() {
  const GraphValue& output = graph_.values[graph_.outputs[0]];
  if (ids_[graph_.outputs[0]]) return *ids_[graph_.outputs[0]];
  if (!output.constant) return Error{"nothing gives the output " + quoted(output.name)};
  const PlanId id = add_value({output.name,
                               elements(output.shape),
                               {},
                               {},
                               largest_magnitude(*output.constant),
                               !is_real_or_other(output.type)});
  plan_.nodes.push_back(PlanNode{"Constant " + quoted(output.name), {}, id, PlanConstant{output.constant->data}});
  return id;
}

Result<Plan> PlanBuilder::build() {
  for (const ValueId id : graph_.inputs) {
    const GraphValue& value = graph_.values[id];
    ids_[id] = add_value({value.name, elements(value.shape), id, {}, {}, !is_real_or_other(value.type)});
    plan_.values[*ids_[id]].is_double = value.type == ElementType::kDouble;
    plan_.inputs.push_back(*ids_[id]);
  }
  for (const Node& node : graph_.nodes) {
    const Call call = call_of_plan(node);
    if (auto status = add_node(call); !status)
      return Error{node_text(node) + " cannot be proven: " + status.error().message};
  }
  VEIL_CHECK(graph_.outputs.size() == 1);
  VEIL_TRY(output, output_id());
  plan_.output = output;
  return std::move(plan_);
}

Result<Plan> build_plan(const Graph& graph) {
  VEIL_TRY(plan, PlanBuilder(graph).build());
  plan.batch = graph.batch;
  return plan;
}

}  // namespace veil
