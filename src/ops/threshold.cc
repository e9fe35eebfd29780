// Decisions of trees: [sum_f y[m, f] x[r, f] + z[m] < 0]. The sum is never committed; its sign is that of
//   q = floor(sum / 2^8):   sum = 2^8 q + rem,  0 <= rem < 2^8,  q by signed limbs, the top with its sign
// which is a rescale by 8 bits; or, for many, the same with fewer and wider limbs. Nothing asks that a row of y have a
// single 1: other rows are other models, as fixed by their commitment as trees are.
#include "base/limits.h"
#include "graph/shape.h"
#include "ops/einsum.h"
#include "ops/family.h"
#include "ops/gadgets.h"
#include "ops/integer_product.h"

namespace veil {

namespace {

constexpr std::int64_t kLowBits = 8;
constexpr unsigned kWidestTable = 12;  // bits

EinsumOp sum_of(const ThresholdOp& op, const Site& site) {
  const std::int64_t comparisons = site.out_size() / op.rows;
  return {{op.rows, comparisons, op.features}, 2, {0, 2}, {1, 2}, {1}, 1, 1, 0, 0, 0};
}

unsigned signed_bits(const IntegerRange& range) {
  unsigned bits = 2;
  while (!signed_range(bits).contains(range)) ++bits;
  return bits;
}

unsigned quotient_bits(const IntegerRange& sum) {
  unsigned bits = 8;
  while (!signed_range(bits + static_cast<unsigned>(kLowBits)).contains(sum)) bits += 8;
  return bits;
}

}  // namespace

Result<NodeFacts> analyse_op(const ThresholdOp& op, const Site& site) {
  VEIL_TRY_STATUS(site.expect_counts(1, 2, 2));
  VEIL_TRY_STATUS(site.expect_output_scale(0));
  const Error error{"its sizes do not fit"};
  if (op.rows < 1 || op.features < 1 || site.out_size() % op.rows != 0) return error;
  const std::int64_t comparisons = site.out_size() / op.rows;
  if (!element_count({op.rows, comparisons, op.features})) return Error{"its sums are too large"};
  if (element_count({op.rows, op.features}) != site.in_size(0)) return error;
  if (element_count({comparisons, op.features}) != site.model(0).size || site.model(1).size != comparisons) {
    return error;
  }
  Result<IntegerRange> sum = product_range(site.in_range(0), site.model_range(0));
  sum = sum_range(product_range(sum, IntegerRange{op.features, op.features}), site.model_range(1));
  if (!sum) return sum.error();
  if (!signed_range(static_cast<unsigned>(kMaxRescale)).contains(*sum)) return Error{"its sums are too large"};
  return NodeFacts{*sum, {0, 1}};
}

void evaluate_op(const ThresholdOp& op, const Site& site, const Execution& execution) {
  const EinsumOp sum = sum_of(op, site);
  const LabelledProduct product{sum.lengths, 2, sum.x_axes, sum.y_axes};
  std::vector<std::int64_t>& out = execution.out(site);
  out = sum_products(product, execution.in(site, 0), execution.model(site, 0).view());
  const IntegerArray& addend = execution.model(site, 1);
  const std::size_t comparisons = out.size() / static_cast<std::size_t>(op.rows);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = out[i] + addend[i % comparisons] < 0 ? 1 : 0;
}

// Two limbs of wide tables where the comparisons outnumber the tables' rows. Else a rescale, which rounds to the
// nearest: less half a unit it rounds down, and the sign stays.
Status lower_op(const ThresholdOp& op, const Site& site, Lowerer& lowerer) {
  VEIL_TRY(sum, accumulate(sum_of(op, site), site, lowerer));
  const IntegerRange range = site.accumulator();
  const std::string& name = site.node.name;
  Activation& out = lowerer.activation(site.node.output);
  const unsigned bits = signed_bits(range), low = bits / 2, top = bits - low;
  const bool has_wide_tables =
      top <= kWidestTable && site.out_size() >= (std::int64_t{1} << low) + (std::int64_t{1} << top);
  if (has_wide_tables) {
    const View sign = add_wide_sign(lowerer, name, sum.domain, sum.expression, low, top);
    out = Activation{sum.box, {LinearTerm{1, sign}}, {}, {}, {}, {}, {}};
    return Done{};
  }
  const std::int64_t half = std::int64_t{1} << (kLowBits - 1);
  const Expression lowered = sum.expression + constant_expression(-half);
  const Activation quotient = add_rescale(
      lowerer,
      Rescale{name, sum.domain, lowered, {range.low - half, range.high - half}, kLowBits, quotient_bits(range), {}});
  out = Activation{sum.box, {LinearTerm{1, *quotient.sign}}, {}, {}, {}, {}, {}};
  return Done{};
}

}  // namespace veil
