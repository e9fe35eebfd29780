// Smooth functions by pieces (circuit/function_table.h): z = 2^low_bits key + low, (key, base, slope) a row of the
// table,
//   y = base + c,   c = floor((slope low + 2^(g-1)) / 2^g)
// y is the form base + c; it needs no tensor of its own. Where z was just rescaled, key and low are its limbs already.
#include "base/check.h"
#include "circuit/tables.h"
#include "ops/family.h"
#include "ops/gadgets.h"

namespace veil {

namespace {

constexpr std::int64_t kMaxLowBits = 8;

// c is never negative, or signed.
std::int64_t least_correction(const PieceExtremes& extremes) {
  return extremes.least_correction < 0 ? -(std::int64_t{1} << (kCorrectionBits - 1)) : 0;
}

}  // namespace

Result<NodeFacts> analyse_op(const FunctionOp& op, const Site& site) {
  VEIL_TRY_STATUS(site.expect_counts(1, 0, 0));
  VEIL_TRY_STATUS(site.expect_same_sizes());
  VEIL_TRY_STATUS(site.expect_one_scale());
  const PieceParameters p = table_of(op);
  const bool has_range = p.output_bits != 0 || (p.alpha == 0 && p.gamma == 0);
  if (!has_range || !function_pieces_known(piece_list(p)) || op.low_bits > kMaxLowBits) {
    return Error{"its table is not one of those that are known"};
  }
  VEIL_TRY_STATUS(site.expect_output_scale(op.output_scale_log2));
  const Columns columns = function_pieces(piece_list(p));
  const std::int64_t unit = std::int64_t{1} << op.low_bits;
  const IntegerRange domain{columns[0].front() * unit, columns[0].back() * unit + unit - 1};
  if (!domain.contains(site.in_range(0)) || site.in_scale(0) != op.input_scale_log2) {
    return Error{"its input does not fit its table"};
  }
  const PieceExtremes extremes = piece_extremes(p, columns);
  const std::int64_t least = least_correction(extremes);
  const std::int64_t most = least + (std::int64_t{1} << kCorrectionBits) - 1;
  if (extremes.least_correction < least || extremes.largest_correction > most) {
    return Error{"its table is too steep"};
  }
  return NodeFacts{site.in_range(0), {extremes.least, extremes.largest}};
}

void evaluate_op(const FunctionOp& op, const Site& site, const Execution& execution) {
  const PieceParameters p = table_of(op);
  const Columns columns = function_pieces(piece_list(p));
  const std::vector<std::int64_t>& z = execution.in(site, 0);
  std::vector<std::int64_t>& out = execution.out(site);
  out.resize(z.size());
  for (std::size_t i = 0; i < z.size(); ++i) out[i] = piece_value(p, columns, z[i]);
}

Status lower_op(const FunctionOp& op, const Site& site, Lowerer& lowerer) {
  const QuantId output = site.node.output;
  const PieceParameters p = table_of(op);
  Activation z = lowerer.activation(site.node.inputs[0]);
  const Domain box = storage_box(z.storage);
  if (z.split != p) add_pieces(lowerer, site.node.name + "/in", box, p, z);
  Activation& y = lowerer.activation(output);
  y.storage = z.storage;
  y.form = {LinearTerm{1, *z.base}};
  if (op.low_bits == 0) return Done{};
  const Expression product{{}, {ProductTerm{1, {LinearTerm{1, *z.slope}}, z.low}}};
  const std::int64_t least = least_correction(piece_extremes(p, function_pieces(piece_list(p))));
  const View c = add_small_quotient(lowerer, site.node.name, box, product, static_cast<unsigned>(op.slope_shift), least,
                                    kCorrectionBits);
  y.form.push_back({1, c});
  return Done{};
}

}  // namespace veil
