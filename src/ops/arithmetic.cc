// Sums, comparisons and quotients of activations.
//   sum:      acc[i] = sum_j c_j x_j[i] + constant        (the c_j align the scales: +-2^k)
//   maximum:  y = b + max(a - b, 0);   minimum:  y = a - max(a - b, 0)
//   step:     y = [sum_j c_j x_j[i] + constant < 0], exactly
//   divide:   q = floor((2^(up+1) a + b) / (2 b)),  0 <= 2^(up+1) a + b - 2 b q < 2 b,  y = sat(q)
//             or, rounded down:  q = floor(2^up a / b),  0 <= 2^up a - b q < b
#include "circuit/range.h"
#include "ops/family.h"
#include "ops/gadgets.h"

namespace veil {

namespace {

Form operator+(Form a, const Form& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// sum_j c_j x_j + constant over all inputs and elements
Result<IntegerRange> combination_range(const Site& site, const std::vector<std::int64_t>& coefficients,
                                       std::int64_t constant) {
  Result<IntegerRange> bound = IntegerRange{constant, constant};
  if (!signed_range(kMaxRescale).contains(*bound)) return Error{"its constant is out of bounds"};
  for (std::size_t j = 0; j < coefficients.size(); ++j) {
    bound = sum_range(bound, product_range(site.in_range(j), IntegerRange{coefficients[j], coefficients[j]}));
  }
  if (bound.ok() && !IntegerRange{-kMaxAccumulator, kMaxAccumulator}.contains(*bound)) {
    return Error{"its sums do not fit 54 bits; use fewer bits"};
  }
  return bound;
}

// The scale of the sum before rounding: x_j at scale s_j has the coefficient +-2^(s_j - scale).
Result<std::int64_t> combination_scale(const Site& site, const std::vector<std::int64_t>& coefficients) {
  std::optional<std::int64_t> scale;
  for (std::size_t j = 0; j < coefficients.size(); ++j) {
    const std::int64_t magnitude = coefficients[j] < 0 ? -coefficients[j] : coefficients[j];
    std::int64_t up = 0;
    while (up < kMaxRescale && (std::int64_t{1} << up) < magnitude) ++up;
    if (magnitude != std::int64_t{1} << up) return Error{"a coefficient is no power of two"};
    const std::int64_t mine = site.in_scale(j) - up;
    if (scale && *scale != mine) return Error{"its inputs' scales do not fit"};
    scale = mine;
  }
  if (!scale) return Error{"it adds nothing"};
  return *scale;
}

std::int64_t combination(const Site& site, const Execution& execution, const std::vector<std::int64_t>& coefficients,
                         std::int64_t constant, std::size_t index) {
  for (std::size_t j = 0; j < coefficients.size(); ++j) constant += coefficients[j] * execution.in(site, j)[index];
  return constant;
}

// The combination as one form, by the axes that the inputs share.
struct Combined {
  Storage storage;
  Form form;
};
Combined combined(const Site& site, Lowerer& lowerer, const std::vector<std::int64_t>& coefficients,
                  std::int64_t constant) {
  Combined out;
  const std::vector<Activation> inputs = lowerer.see_alike(site.node.inputs);
  out.storage = inputs[0].storage;
  for (std::size_t j = 0; j < inputs.size(); ++j) out.form = out.form + scaled(inputs[j].form, coefficients[j]);
  if (constant != 0) out.form = out.form + constant_form(constant);
  return out;
}

// How many halves of the divisor are added before the quotient is rounded down.
std::int64_t half_of(const DivideOp& op) { return op.floor != 0 ? 0 : 1; }

}  // namespace

Result<NodeFacts> analyse_op(const SumOp& op, const Site& site) {
  VEIL_TRY_STATUS(site.expect_flags());
  VEIL_TRY_STATUS(site.expect_counts(op.coefficients.size(), 0, 0));
  VEIL_TRY_STATUS(site.expect_same_sizes());
  VEIL_TRY_STATUS(site.expect_one_scale());
  VEIL_TRY(scale, combination_scale(site, op.coefficients));
  VEIL_TRY_STATUS(site.expect_output_scale(scale + op.shift));
  return rescaled_facts(site, combination_range(site, op.coefficients, op.constant), op.shift);
}

void evaluate_op(const SumOp& op, const Site& site, const Execution& execution) {
  std::vector<std::int64_t>& out = execution.out(site);
  out.resize(static_cast<std::size_t>(site.out_size()));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::int64_t sum = combination(site, execution, op.coefficients, op.constant, i);
    out[i] = saturate(round_shift(sum, static_cast<unsigned>(op.shift)), site.full_range());
  }
}

Status lower_op(const SumOp& op, const Site& site, Lowerer& lowerer) {
  Combined sum = combined(site, lowerer, op.coefficients, op.constant);
  lower_accumulator(lowerer, site, storage_box(sum.storage), sum.storage, linear_expression(std::move(sum.form)),
                    op.shift);
  return Done{};
}

Result<NodeFacts> analyse_op(const MaximumOp& op, const Site& site) {
  if (op.minimum < 0 || op.minimum > 1) return Error{"a flag is not 0 or 1"};
  VEIL_TRY_STATUS(site.expect_counts(2, 0, 0));
  VEIL_TRY_STATUS(site.expect_same_sizes());
  VEIL_TRY_STATUS(site.expect_one_scale());
  VEIL_TRY_STATUS(site.expect_output_scale(site.in_scale(0)));
  VEIL_TRY_STATUS(site.expect_output_scale(site.in_scale(1)));
  const IntegerRange a = site.in_range(0);
  const IntegerRange b = site.in_range(1);
  const IntegerRange larger{std::max(a.low, b.low), std::max(a.high, b.high)};
  const IntegerRange smaller{std::min(a.low, b.low), std::min(a.high, b.high)};
  return op.minimum != 0 ? NodeFacts{smaller, smaller} : NodeFacts{larger, larger};
}

void evaluate_op(const MaximumOp& op, const Site& site, const Execution& execution) {
  std::vector<std::int64_t>& out = execution.out(site);
  out = execution.in(site, 0);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::int64_t other = execution.in(site, 1)[i];
    out[i] = op.minimum != 0 ? std::min(out[i], other) : std::max(out[i], other);
  }
}

// A tensor of its own where the form would have many parts.
Status lower_op(const MaximumOp& op, const Site& site, Lowerer& lowerer) {
  constexpr std::size_t kMostTerms = 16;
  const Combined difference = combined(site, lowerer, {1, -1}, 0);
  const Domain box = storage_box(difference.storage);
  const std::string& name = site.node.name;
  const View sign = add_sign(lowerer, name, box, difference.form);
  Form chosen = lowerer.see_alike(site.node.inputs)[op.minimum != 0 ? 0 : 1].form;
  const View part = add_positive_part(lowerer, name, box, difference.form, sign);
  chosen.push_back({op.minimum != 0 ? -1 : 1, part});
  if (chosen.size() > kMostTerms) {
    chosen = {LinearTerm{1, add_exact(lowerer, name + "/chosen", box, linear_expression(chosen))}};
  }
  lowerer.activation(site.node.output) = Activation{difference.storage, std::move(chosen), {}, {}, {}, {}, {}, {}};
  return Done{};
}

Result<NodeFacts> analyse_op(const StepOp& op, const Site& site) {
  VEIL_TRY_STATUS(site.expect_counts(op.coefficients.size(), 0, 0));
  VEIL_TRY_STATUS(site.expect_same_sizes());
  VEIL_TRY_STATUS(site.expect_one_scale());
  VEIL_TRY_STATUS(combination_scale(site, op.coefficients));
  VEIL_TRY_STATUS(site.expect_output_scale(0));
  VEIL_TRY(range, combination_range(site, op.coefficients, op.constant));
  return NodeFacts{range, {range.high < 0 ? 1 : 0, range.low < 0 ? 1 : 0}};
}

void evaluate_op(const StepOp& op, const Site& site, const Execution& execution) {
  std::vector<std::int64_t>& out = execution.out(site);
  out.resize(static_cast<std::size_t>(site.out_size()));
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = combination(site, execution, op.coefficients, op.constant, i) < 0 ? 1 : 0;
  }
}

Status lower_op(const StepOp& op, const Site& site, Lowerer& lowerer) {
  Activation& out = lowerer.activation(site.node.output);
  const bool one_input = op.coefficients == std::vector<std::int64_t>{1} && op.constant == 0;
  const Activation first = lowerer.activation(site.node.inputs[0]);
  if (one_input && first.sign) {
    out = Activation{first.storage, {LinearTerm{1, *first.sign}}, {}, {}, {}, {}, {}, {}};
    return Done{};
  }
  const Combined value = combined(site, lowerer, op.coefficients, op.constant);
  const View sign = add_sign(lowerer, site.node.name, storage_box(value.storage), value.form);
  out = Activation{value.storage, {LinearTerm{1, sign}}, {}, {}, {}, {}, {}, {}};
  return Done{};
}

Result<NodeFacts> analyse_op(const DivideOp& op, const Site& site) {
  if (op.floor < 0 || op.floor > 1) return Error{"a flag is not 0 or 1"};
  VEIL_TRY_STATUS(site.expect_counts(2, 0, 0));
  VEIL_TRY_STATUS(site.expect_same_sizes());
  VEIL_TRY_STATUS(site.expect_one_scale());
  VEIL_TRY_STATUS(site.expect_output_scale(site.in_scale(0) - op.up_shift - site.in_scale(1)));
  const IntegerRange b = site.in_range(1);
  if (b.low < 1) return Error{"its divisor may be zero or negative"};
  VEIL_TRY(dividend, shifted_range(site.in_range(0), op.up_shift + 1));
  // The remainder's parts, 2^(up+1) a + b and 2 b q, must fit.
  if (!signed_range(48).contains(dividend) || b.high >= std::int64_t{1} << 24) {
    return Error{"its numbers do not fit; use fewer bits"};
  }
  const std::int64_t half = half_of(op);
  const auto quotient = [half](std::int64_t a, std::int64_t divisor) {
    return floor_quotient(a + half * divisor, 2 * divisor);
  };
  const std::int64_t ends[] = {quotient(dividend.low, b.low), quotient(dividend.low, b.high),
                               quotient(dividend.high, b.low), quotient(dividend.high, b.high)};
  const IntegerRange exact{*std::min_element(ends, ends + 4), *std::max_element(ends, ends + 4)};
  return NodeFacts{exact, {saturate(exact.low, site.full_range()), saturate(exact.high, site.full_range())}};
}

void evaluate_op(const DivideOp& op, const Site& site, const Execution& execution) {
  std::vector<std::int64_t>& out = execution.out(site);
  out.resize(static_cast<std::size_t>(site.out_size()));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::int64_t b = execution.in(site, 1)[i];
    const std::int64_t dividend = execution.in(site, 0)[i] * (std::int64_t{2} << op.up_shift) + half_of(op) * b;
    out[i] = saturate(floor_quotient(dividend, 2 * b), site.full_range());
  }
}

// q is a tensor with limbs of its own; both sides of 0 <= rest < 2 b pin it. Then it saturates.
Status lower_op(const DivideOp& op, const Site& site, Lowerer& lowerer) {
  const std::vector<Activation> inputs = lowerer.see_alike(site.node.inputs);
  const Storage storage = inputs[0].storage;
  const Domain box = storage_box(storage);
  const std::string& name = site.node.name;
  const std::int64_t two = 1 + half_of(op);  // rounded down, nothing is halved
  Form dividend = scaled(inputs[0].form, two << op.up_shift);
  if (op.floor == 0) dividend = dividend + inputs[1].form;
  const View quotient =
      add_quotient(lowerer, name + "/quotient", box, dividend, scaled(inputs[1].form, two), site.accumulator());
  lower_accumulator(lowerer, site, box, storage, linear_expression({LinearTerm{1, quotient}}), 0);
  return Done{};
}

}  // namespace veil
