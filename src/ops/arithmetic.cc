// Sums and products of activations.
//   sum:      acc[i] = sum_j c_j x_j[i]        (the c_j align the scales: +-2^k)
//   product:  acc[i] = 2^up x_0[i] x_1[i]
#include "ops/family.h"
#include "ops/gadgets.h"

namespace veil {

namespace {

void share_axes(const Site& site, LayoutSolver& solver) {
  for (const QuantId input : site.node.inputs) solver.same(input, site.node.output);
}

void lower_elementwise(const Site& site, Lowerer& lowerer, Expression accumulator, std::int64_t shift) {
  const QuantId output = site.node.output;
  lowerer.activation(output) =
      add_rescale(lowerer, Rescale{site.node.name, lowerer.box(output), std::move(accumulator), site.accumulator(),
                                   shift, static_cast<unsigned>(site.graph.bits), lowerer.split_for(output)});
}

}  // namespace

Result<NodeFacts> analyse_op(const SumOp& op, const Site& site) {
  VEIL_TRY_STATUS(site.expect_counts(op.coefficients.size(), 0, 0));
  if (op.coefficients.empty()) return Error{"it adds nothing"};
  VEIL_TRY_STATUS(site.expect_same_sizes());
  VEIL_TRY_STATUS(site.expect_one_scale());
  Result<IntegerRange> bound = IntegerRange{0, 0};
  for (std::size_t j = 0; j < op.coefficients.size(); ++j) {
    const std::int64_t coefficient = op.coefficients[j];
    const std::int64_t magnitude = coefficient < 0 ? -coefficient : coefficient;
    std::int64_t up = 0;
    while (up < kMaxRescale && (std::int64_t{1} << up) < magnitude) ++up;
    if (magnitude != std::int64_t{1} << up) return Error{"a coefficient is no power of two"};
    VEIL_TRY_STATUS(site.expect_output_scale(site.in_scale(j) - up + op.shift));
    bound = sum_range(bound, product_range(site.in_range(j), IntegerRange{coefficient, coefficient}));
  }
  return rescaled_facts(site, bound, op.shift);
}

void layout_op(const SumOp&, const Site& site, LayoutSolver& solver) { share_axes(site, solver); }

void evaluate_op(const SumOp& op, const Site& site, const Execution& execution) {
  std::vector<std::int64_t>& out = execution.out(site);
  out.assign(static_cast<std::size_t>(site.out_size()), 0);
  for (std::size_t j = 0; j < op.coefficients.size(); ++j) {
    const std::vector<std::int64_t>& x = execution.in(site, j);
    for (std::size_t i = 0; i < x.size(); ++i) out[i] += op.coefficients[j] * x[i];
  }
  for (std::int64_t& value : out) {
    value = saturate(round_shift(value, static_cast<unsigned>(op.shift)), site.full_range());
  }
}

Status lower_op(const SumOp& op, const Site& site, Lowerer& lowerer) {
  Form sum;
  for (std::size_t j = 0; j < op.coefficients.size(); ++j) {
    const Form term = scaled(lowerer.activation(site.node.inputs[j]).form, op.coefficients[j]);
    sum.insert(sum.end(), term.begin(), term.end());
  }
  lower_elementwise(site, lowerer, linear_expression(std::move(sum)), op.shift);
  return Done{};
}

Result<NodeFacts> analyse_op(const ProductOp& op, const Site& site) {
  VEIL_TRY_STATUS(site.expect_counts(2, 0, 0));
  VEIL_TRY_STATUS(site.expect_same_sizes());
  VEIL_TRY_STATUS(site.expect_one_scale());
  VEIL_TRY_STATUS(site.expect_output_scale(site.in_scale(0) + site.in_scale(1) - op.up_shift + op.shift));
  const auto bound = shifted_range(product_range(site.in_range(0), site.in_range(1)), op.up_shift);
  return rescaled_facts(site, bound, op.shift);
}

void layout_op(const ProductOp&, const Site& site, LayoutSolver& solver) { share_axes(site, solver); }

void evaluate_op(const ProductOp& op, const Site& site, const Execution& execution) {
  std::vector<std::int64_t>& out = execution.out(site);
  out.resize(static_cast<std::size_t>(site.out_size()));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::int64_t product = execution.in(site, 0)[i] * execution.in(site, 1)[i] * (std::int64_t{1} << op.up_shift);
    out[i] = saturate(round_shift(product, static_cast<unsigned>(op.shift)), site.full_range());
  }
}

Status lower_op(const ProductOp& op, const Site& site, Lowerer& lowerer) {
  const Form& left = lowerer.activation(site.node.inputs[0]).form;
  const Form& right = lowerer.activation(site.node.inputs[1]).form;
  Expression accumulator{{}, {ProductTerm{std::int64_t{1} << op.up_shift, left, right}}};
  lower_elementwise(site, lowerer, std::move(accumulator), op.shift);
  return Done{};
}

}  // namespace veil
