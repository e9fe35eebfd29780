// Activations: functions of one number, and Softmax.
#include <algorithm>
#include <cmath>
#include <limits>

#include "graph/shape.h"
#include "quant/plan_builder.h"

namespace veil {

namespace {

Status expect_reals(const Call& call) {
  if (!is_real(call.in(0).type)) return Error{"its input must be of floats"};
  return Done{};
}

Status relu(PlanBuilder& plan, const Call& call) {
  plan.emit(call, {plan.in(call, 0).id}, PlanRelu{});
  return Done{};
}

Status leaky_relu(PlanBuilder& plan, const Call& call) {
  VEIL_TRY_STATUS(expect_reals(call));
  VEIL_TRY(alpha, call.real("alpha", static_cast<double>(0.01f)));
  if (!(std::fabs(alpha) <= 256)) return Error{"its alpha is beyond +-256"};
  plan.emit(call, {plan.in(call, 0).id}, PlanLeakyRelu{alpha});
  return Done{};
}

// max(x, 0) + slope (x - max(x, 0))
Status prelu(PlanBuilder& plan, const Call& call) {
  VEIL_TRY_STATUS(expect_reals(call));
  const Array* slope = PlanBuilder::constant(call, 1);
  if (slope == nullptr) return Error{"its slope is known only at run time"};
  const Shaped x = plan.in(call, 0);
  const PlanBuilder::Bound bound = plan.like_input(call, 0);
  const Shaped positive = plan.add(call, x.shape, {x.id}, PlanRelu{}, bound);
  const Shaped negative = plan.add(call, x.shape, {x.id, positive.id}, PlanSum{{1, -1}}, bound);
  PlanBuilder::Bound scaled = bound;
  scaled.like = PlanBuilder::output(call);
  const Shaped leak = plan.add(call, x.shape, {negative.id},
                               PlanAffine{broadcast_pattern(slope->shape, x.shape), slope->data, {}}, scaled);
  plan.emit(call, {positive.id, leak.id}, PlanSum{{1, 1}});
  return Done{};
}

Status clip(PlanBuilder& plan, const Call& call) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  VEIL_TRY(attribute_low, call.real("min", -kInfinity));
  VEIL_TRY(attribute_high, call.real("max", kInfinity));
  double low = attribute_low;
  double high = attribute_high;
  for (const std::size_t index : {std::size_t{1}, std::size_t{2}}) {
    if (!call.has(index)) continue;
    if (PlanBuilder::constant(call, index) == nullptr) return Error{"its bounds are known only at run time"};
    (index == 1 ? low : high) = PlanBuilder::constant(call, index)->data[0];
  }
  low = std::min(low, high);  // ONNX: where the bounds cross, the upper one wins
  if (std::isnan(low) || std::isnan(high)) return Error{"its bounds are no interval"};
  plan.emit(call, {plan.in(call, 0).id}, PlanClip{low, high});
  return Done{};
}

// An operator that is a table, and its attributes with their defaults.
struct TableRule {
  std::string_view op;
  SmoothFunction function;
  double alpha = 0, gamma = 0;
};
constexpr TableRule kTables[] = {
    {"Sigmoid", SmoothFunction::kSigmoid},
    {"Tanh", SmoothFunction::kTanh},
    {"Exp", SmoothFunction::kExp},
    {"Log", SmoothFunction::kLog},
    {"Sqrt", SmoothFunction::kSqrt},
    {"Reciprocal", SmoothFunction::kReciprocal},
    {"Erf", SmoothFunction::kErf},
    {"Gelu", SmoothFunction::kGelu},
    {"Swish", SmoothFunction::kSwish, 1.0},
    {"Softplus", SmoothFunction::kSoftplus},
    {"Softsign", SmoothFunction::kSoftsign},
    {"Mish", SmoothFunction::kMish},
    {"Elu", SmoothFunction::kElu, 1.0},
    {"Celu", SmoothFunction::kCelu, 1.0},
    {"Selu", SmoothFunction::kSelu, 1.67326319217681884765625, 1.05070102214813232421875},
    {"HardSwish", SmoothFunction::kHardSwish},
    {"Sin", SmoothFunction::kSin},
    {"Cos", SmoothFunction::kCos},
    {"Tan", SmoothFunction::kTan},
    {"Asin", SmoothFunction::kAsin},
    {"Acos", SmoothFunction::kAcos},
    {"Atan", SmoothFunction::kAtan},
    {"Sinh", SmoothFunction::kSinh},
    {"Cosh", SmoothFunction::kCosh},
    {"Asinh", SmoothFunction::kAsinh},
    {"Acosh", SmoothFunction::kAcosh},
    {"Atanh", SmoothFunction::kAtanh},
};

Status smooth(PlanBuilder& plan, const Call& call) {
  VEIL_TRY_STATUS(expect_reals(call));
  const auto* rule = std::find_if(std::begin(kTables), std::end(kTables),
                                  [&](const TableRule& table) { return table.op == call.node->op; });
  PlanFunction function{rule->function, rule->alpha, rule->gamma};
  if (rule->alpha != 0) {
    VEIL_TRY(alpha, call.real("alpha", rule->alpha));
    function.alpha = alpha;
  }
  if (rule->gamma != 0) {
    VEIL_TRY(gamma, call.real("gamma", rule->gamma));
    function.gamma = gamma;
  }
  if (call.node->op == "Gelu") {
    const auto approximate = call.word("approximate", "none");
    if (!approximate) return approximate.error();
    if (*approximate == "tanh") function.function = SmoothFunction::kGeluTanh;
  }
  plan.emit(call, {plan.in(call, 0).id}, function);
  return Done{};
}

// min(max(alpha x + beta, 0), 1)
Status hard_sigmoid(PlanBuilder& plan, const Call& call) {
  VEIL_TRY_STATUS(expect_reals(call));
  VEIL_TRY(alpha, call.real("alpha", static_cast<double>(0.2f)));
  VEIL_TRY(beta, call.real("beta", 0.5));
  const Shaped x = plan.in(call, 0);
  const Shaped line =
      plan.add(call, x.shape, {x.id}, PlanAffine{Pattern{{elements(x.shape)}, {0}}, {alpha}, {beta}}, {{}, 2.0, false});
  plan.emit(call, {line.id}, PlanClip{0.0, 1.0});
  return Done{};
}

// exp(x - max) / sum along the middle one of three axes
Shaped distributions(PlanBuilder& plan, const Call& call, const Shaped& x) {
  const GraphShape& shape = x.shape;
  plan.mark_logits(call, x.id);
  const PlanBuilder::Bound far{{}, 16.0, false};  // beyond it exp is zero
  const PlanBuilder::Bound unit{{}, 1.0, false};
  const GraphShape kept{shape[0], 1, shape[2]};
  const Shaped largest = plan.broadcast(call, plan.reshaped(plan.extremum(call, x, 1, false), kept), shape);
  const Shaped below = plan.add(call, shape, {largest.id, x.id}, PlanSum{{1, -1}}, far);
  const Shaped distance = plan.add(call, shape, {below.id}, PlanRelu{}, far);
  const Shaped decay = plan.add(call, shape, {distance.id}, PlanFunction{SmoothFunction::kDecay}, unit);
  const Shaped exponential = plan.add(call, shape, {decay.id}, PlanSum{{-1}, 1}, unit);
  Labels labels;
  std::vector<std::int64_t> inner;
  labels.add(shape[0], {&labels.einsum.x_axes});
  labels.add(shape[2], {&inner});
  labels.end_box();
  labels.add(shape[1], {&labels.einsum.x_axes});
  labels.einsum.x_axes.insert(labels.einsum.x_axes.end(), inner.begin(), inner.end());
  const Shaped sum = plan.add(call, kept, {exponential.id}, labels.einsum, {{}, static_cast<double>(shape[1]), false});
  return plan.add(call, shape, {exponential.id, plan.broadcast(call, sum, shape).id}, PlanDivide{}, unit);
}

// One distribution of at least two classes, in the end, has a proof of its own (the claim decides how). Others are made
// of exponentials and a division: exp(x - max) / sum.
Status softmax(PlanBuilder& plan, const Call& call) {
  const GraphShape& shape = call.shape(0);
  VEIL_TRY(axis, call.integer("axis", call.opset < 13 ? 1 : -1));
  std::size_t from = shape.size();
  if (axis != static_cast<std::int64_t>(shape.size())) {
    VEIL_TRY(normal, normalise_axis(axis, shape.size()));
    from = normal;
  }
  const AxisSplit split = split_at(shape, from, call.opset < 13 || from == shape.size() ? shape.size() : from + 1);
  if (split.outer * split.inner == 1 && split.length >= 2 && plan.is_output(call)) {
    plan.emit(call, {plan.in(call, 0).id}, PlanSoftmax{});
    return Done{};
  }
  const Shaped x =
      plan.reshaped(plan.in(call, 0), {static_cast<std::int64_t>(split.outer), static_cast<std::int64_t>(split.length),
                                       static_cast<std::int64_t>(split.inner)});
  plan.finish(call, plan.reshaped(distributions(plan, call, x), shape));
  return Done{};
}

std::vector<PlanRule> all_rules() {
  std::vector<PlanRule> rules{{"Relu", relu}, {"LeakyRelu", leaky_relu},     {"PRelu", prelu},
                              {"Clip", clip}, {"HardSigmoid", hard_sigmoid}, {"Softmax", softmax}};
  for (const TableRule& table : kTables) rules.push_back({table.op, smooth});
  return rules;
}

}  // namespace

std::span<const PlanRule> activation_rules() {
  static const std::vector<PlanRule> kRules = all_rules();
  return kRules;
}

}  // namespace veil
