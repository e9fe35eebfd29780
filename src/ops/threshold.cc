// Decisions of trees: [sum_f y[m, f] x[r, f] + z[m] < 0]. The sum is never committed; its sign is that of
//   h = floor(sum / 2^low):   sum - 2^low h in [0, 2^low),   (h, [h < 0]) in the signed table of the bits above
// Only sums of one feature and one threshold need to fit: two limbs of half their bits each. Nothing asks that a row of
// y have a single 1: other rows are other models, as fixed by their commitment as trees are; what of their sums does
// not fit has no proof, and none has two.
#include "ops/threshold.h"

#include <algorithm>

#include "base/limits.h"
#include "graph/shape.h"
#include "ops/einsum.h"
#include "ops/family.h"
#include "ops/gadgets.h"
#include "ops/integer_product.h"

namespace veil {

namespace {

constexpr std::int64_t kLowBits = 8;   // where limbs are those of a rescale
constexpr unsigned kWidestTable = 12;  // bits
constexpr unsigned kMostSumBits = 52;  // of sums of any rows of y, which must not overflow

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

IntegerRange difference_range(const IntegerRange& x, const ModelTensor& negated_threshold) {
  const std::int64_t most = std::int64_t{1} << std::max<std::int64_t>(negated_threshold.bits - 3, 0);
  return {x.low - most, x.high + most};
}

// Beyond two tables: a rescale by 8 bits, which rounds to the nearest: less half a unit it rounds down.
View add_difference_sign(Lowerer& lowerer, const std::string& name, const Domain& domain, const Expression& value,
                         const IntegerRange& range, ValuesOf run) {
  const unsigned bits = signed_bits(range), low = bits / 2, top = bits - low;
  if (top <= kWidestTable) return add_wide_sign(lowerer, name, domain, value, low, top, std::move(run));
  const std::int64_t half = std::int64_t{1} << (kLowBits - 1);
  const IntegerRange bound{range.low - half, range.high - half};
  return *add_rescale(lowerer, Rescale{name,
                                       domain,
                                       value + constant_expression(-half),
                                       bound,
                                       kLowBits,
                                       quotient_bits(range),
                                       {},
                                       false,
                                       true})
              .sign;
}

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
  if (!signed_range(kMostSumBits).contains(*sum)) return Error{"its sums are too large"};
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

Status lower_op(const ThresholdOp& op, const Site& site, Lowerer& lowerer) {
  VEIL_TRY(sum, accumulate(sum_of(op, site), site, lowerer));
  const IntegerRange range = difference_range(site.in_range(0), site.model(1));
  const View sign = add_difference_sign(lowerer, site.node.name, sum.domain, sum.expression, range);
  lowerer.activation(site.node.output) = Activation{sum.box, {LinearTerm{1, sign}}, {}, {}, {}, {}, {}, {}};
  return Done{};
}

}  // namespace veil
