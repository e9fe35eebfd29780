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

constexpr unsigned kQuotientBits = 8;  // c is one limb

PieceParameters parameters_of(const FunctionOp& op) {
  return PieceParameters{op.function,         op.key_bits,          op.low_bits,
                         op.input_scale_log2, op.output_scale_log2, op.slope_shift};
}

std::int64_t correction(std::int64_t slope, std::int64_t low, std::int64_t shift) {
  return round_shift(slope * low, static_cast<unsigned>(shift));
}

}  // namespace

Result<NodeFacts> analyse_op(const FunctionOp& op, const Site& site) {
  VEIL_TRY_STATUS(site.expect_counts(1, 0, 0));
  VEIL_TRY_STATUS(site.expect_same_sizes());
  VEIL_TRY_STATUS(site.expect_one_scale());
  const PieceParameters p = parameters_of(op);
  if (!function_pieces_known(piece_list(p)) || op.low_bits > kQuotientBits) {
    return Error{"its table is not one of those that are known"};
  }
  VEIL_TRY_STATUS(site.expect_output_scale(op.output_scale_log2));
  const auto columns = function_pieces(piece_list(p));
  const std::int64_t last = (std::int64_t{1} << op.low_bits) - 1;
  const std::int64_t unit = std::int64_t{1} << op.low_bits;
  const IntegerRange domain{columns[0].front() * unit, columns[0].back() * unit + last};
  if (!domain.contains(site.in_range(0)) || site.in_scale(0) != op.input_scale_log2) {
    return Error{"its input does not fit its table"};
  }
  NodeFacts facts{site.in_range(0), {columns[1][0], columns[1][0]}};
  for (std::size_t row = 0; row < columns[0].size(); ++row) {
    const std::int64_t most = correction(columns[2][row], last, op.slope_shift);
    if (most >= (1 << kQuotientBits)) return Error{"its table is too steep"};
    facts.output.low = std::min(facts.output.low, columns[1][row]);
    facts.output.high = std::max(facts.output.high, columns[1][row] + most);
  }
  return facts;
}

void evaluate_op(const FunctionOp& op, const Site& site, const Execution& execution) {
  const auto columns = function_pieces(piece_list(parameters_of(op)));
  const std::vector<std::int64_t>& z = execution.in(site, 0);
  std::vector<std::int64_t>& out = execution.out(site);
  out.resize(z.size());
  for (std::size_t i = 0; i < z.size(); ++i) {
    const std::int64_t key = z[i] >> op.low_bits;
    const std::int64_t low = z[i] - key * (std::int64_t{1} << op.low_bits);
    const auto row = static_cast<std::size_t>(key - columns[0][0]);
    out[i] = columns[1][row] + correction(columns[2][row], low, op.slope_shift);
  }
}

Status lower_op(const FunctionOp& op, const Site& site, Lowerer& lowerer) {
  const QuantId output = site.node.output;
  Activation z = lowerer.activation(site.node.inputs[0]);
  const Domain box = storage_box(z.storage);
  if (z.split != parameters_of(op)) {
    add_pieces(lowerer, site.node.name + "/in", box, parameters_of(op), z);
  }
  Activation& y = lowerer.activation(output);
  y.storage = z.storage;
  y.form = {LinearTerm{1, *z.base}};
  if (op.low_bits == 0) return Done{};
  const Expression product{{}, {ProductTerm{1, {LinearTerm{1, *z.slope}}, z.low}}};
  const View c =
      add_small_quotient(lowerer, site.node.name, box, product, static_cast<unsigned>(op.slope_shift), kQuotientBits);
  y.form.push_back({1, c});
  return Done{};
}

}  // namespace veil
