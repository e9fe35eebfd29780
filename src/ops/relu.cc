// What is made of a sign: Relu, LeakyRelu, Clip. s = [x < 0] comes with the limbs of x, or is proven by new ones.
//   relu:        y - (1 - s) x = 0
//   leaky relu:  acc = 2^f x + s (slope - 2^f) x,  rescaled
//   clip:        max(x, L) = L + relu(x - L);  min(y, H) = H - relu(H - y)
#include "ops/family.h"
#include "ops/gadgets.h"

namespace veil {

namespace {

Status check_elementwise(const Site& site) {
  VEIL_TRY_STATUS(site.expect_counts(1, 0, 0));
  VEIL_TRY_STATUS(site.expect_same_sizes());
  return site.expect_one_scale();
}

View sign_of(Lowerer& lowerer, const Site& site, const std::string& name) {
  const QuantId input = site.node.inputs[0];
  const Activation& x = lowerer.activation(input);
  if (x.sign) return *x.sign;
  return add_sign(lowerer, name, storage_box(x.storage), x.form);
}

template <class Function>
void evaluate_each(const Site& site, const Execution& execution, Function&& function) {
  const std::vector<std::int64_t>& x = execution.in(site, 0);
  std::vector<std::int64_t>& out = execution.out(site);
  out.resize(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) out[i] = function(x[i]);
}

std::int64_t leaky(const LeakyReluOp& op, std::int64_t x) {
  return x * (x < 0 ? op.slope : std::int64_t{1} << op.fraction_bits);
}

Form operator+(Form a, const Form& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

Result<NodeFacts> analyse_op(const ReluOp&, const Site& site) {
  VEIL_TRY_STATUS(check_elementwise(site));
  VEIL_TRY_STATUS(site.expect_output_scale(site.in_scale(0)));
  const IntegerRange in = site.in_range(0);
  return NodeFacts{in, {std::max<std::int64_t>(in.low, 0), std::max<std::int64_t>(in.high, 0)}};
}

void evaluate_op(const ReluOp&, const Site& site, const Execution& execution) {
  evaluate_each(site, execution, [](std::int64_t x) { return std::max<std::int64_t>(x, 0); });
}

Status lower_op(const ReluOp&, const Site& site, Lowerer& lowerer) {
  const QuantId output = site.node.output;
  const Activation x = lowerer.activation(site.node.inputs[0]);
  Activation& y = lowerer.activation(output);
  y.storage = x.storage;
  if (site.in_range(0).low >= 0) {
    y.form = x.form;
    return Done{};
  }
  const View sign = sign_of(lowerer, site, site.node.name + "/in");
  y.form = {LinearTerm{1, add_positive_part(lowerer, site.node.name, storage_box(x.storage), x.form, sign)}};
  return Done{};
}

Result<NodeFacts> analyse_op(const LeakyReluOp& op, const Site& site) {
  VEIL_TRY_STATUS(check_elementwise(site));
  VEIL_TRY_STATUS(site.expect_output_scale(site.in_scale(0) - op.fraction_bits + op.shift));
  if (op.fraction_bits < 0 || op.fraction_bits > 20 || op.slope < -(1 << 26) || op.slope > (1 << 26)) {
    return Error{"its slope is out of bounds"};
  }
  // x -> slope x below zero, 2^f x above: the extremes are at the ends of the range and at zero.
  const IntegerRange in = site.in_range(0);
  const std::int64_t ends[] = {leaky(op, in.low), leaky(op, in.high),
                               leaky(op, std::clamp<std::int64_t>(0, in.low, in.high)),
                               leaky(op, std::clamp<std::int64_t>(-1, in.low, in.high))};
  return rescaled_facts(site, IntegerRange{*std::min_element(ends, ends + 4), *std::max_element(ends, ends + 4)},
                        op.shift);
}

void evaluate_op(const LeakyReluOp& op, const Site& site, const Execution& execution) {
  evaluate_each(site, execution, [&](std::int64_t x) {
    return saturate(round_shift(leaky(op, x), static_cast<unsigned>(op.shift)), site.full_range());
  });
}

Status lower_op(const LeakyReluOp& op, const Site& site, Lowerer& lowerer) {
  const Activation x = lowerer.activation(site.node.inputs[0]);
  const View sign = sign_of(lowerer, site, site.node.name + "/in");
  const std::int64_t one = std::int64_t{1} << op.fraction_bits;
  Expression accumulator{scaled(x.form, one), {ProductTerm{op.slope - one, {LinearTerm{1, sign}}, x.form}}};
  lower_accumulator(lowerer, site, storage_box(x.storage), x.storage, std::move(accumulator), op.shift);
  return Done{};
}

Result<NodeFacts> analyse_op(const ClipOp& op, const Site& site) {
  VEIL_TRY_STATUS(check_elementwise(site));
  VEIL_TRY_STATUS(site.expect_output_scale(site.in_scale(0)));
  const IntegerRange bounds{op.low, op.high};
  if (op.low > op.high || !signed_range(kMaxRescale).contains(bounds)) {
    return Error{"its bounds are no interval"};
  }
  const IntegerRange in = site.in_range(0);
  return NodeFacts{in, {saturate(in.low, bounds), saturate(in.high, bounds)}};
}

void evaluate_op(const ClipOp& op, const Site& site, const Execution& execution) {
  evaluate_each(site, execution, [&](std::int64_t x) { return saturate(x, {op.low, op.high}); });
}

// The differences x - L and H - y need one bit more than x; their signs are proven by limbs of their own.
Status lower_op(const ClipOp& op, const Site& site, Lowerer& lowerer) {
  const QuantId output = site.node.output;
  const Storage storage = lowerer.activation(site.node.inputs[0]).storage;
  const Domain box = storage_box(storage);
  const std::string& name = site.node.name;
  IntegerRange range = site.in_range(0);
  Form y = lowerer.activation(site.node.inputs[0]).form;
  if (op.low > range.low) {
    const Form above = y + constant_form(-op.low);
    const View sign =
        op.low == 0 ? sign_of(lowerer, site, name + "/low") : add_sign(lowerer, name + "/low", box, above);
    y = Form{LinearTerm{1, add_positive_part(lowerer, name + "/above", box, above, sign)}} + constant_form(op.low);
    range = {op.low, std::max(op.low, range.high)};
  }
  if (op.high < range.high) {
    const Form below = constant_form(op.high) + scaled(y, -1);
    const View sign = add_sign(lowerer, name + "/high", box, below);
    const View rest = add_positive_part(lowerer, name + "/below", box, below, sign);
    y = constant_form(op.high) + Form{LinearTerm{-1, rest}};
  }
  lowerer.activation(output).storage = storage;
  lowerer.activation(output).form = std::move(y);
  return Done{};
}

}  // namespace veil
