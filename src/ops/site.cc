#include "ops/site.h"

#include "ops/family.h"

namespace veil {

namespace {

const Error kTooLarge{"its sums do not fit 54 bits; use fewer bits"};

Result<IntegerRange> checked(const std::optional<IntegerRange>& range) {
  if (!range) return kTooLarge;
  return *range;
}

}  // namespace

namespace {

std::int64_t relu_flag(const QuantisedOp& op) {
  if (const auto* einsum = std::get_if<EinsumOp>(&op)) return einsum->relu;
  const auto* sum = std::get_if<SumOp>(&op);
  return sum != nullptr ? sum->relu : 0;
}

}  // namespace

bool Site::saturates_at_zero() const { return relu_flag(node.op) != 0; }

IntegerRange Site::full_range() const {
  const auto bits = static_cast<unsigned>(graph.bits);
  return saturates_at_zero() ? IntegerRange{0, (std::int64_t{1} << bits) - 1} : signed_range(bits);
}

Status Site::expect_flags() const {
  const std::int64_t relu = relu_flag(node.op);
  if (relu < 0 || relu > 1) return Error{"a flag is not 0 or 1"};
  return Done{};
}

Status Site::expect_counts(std::size_t inputs, std::size_t least_model, std::size_t most_model) const {
  if (node.inputs.size() != inputs || node.model.size() < least_model || node.model.size() > most_model) {
    return Error{"it has the wrong number of inputs or weights"};
  }
  return Done{};
}

Status Site::expect_same_sizes() const {
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    if (in_size(i) != out_size()) return Error{"its inputs and its output differ in size"};
  }
  return Done{};
}

Status Site::expect_one_scale() const {
  bool one = graph.values[node.output].scale_log2.size() == 1;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) one = one && in_has_one_scale(i);
  if (!one) return Error{"it has a scale for each element, which only a matrix product can take"};
  return Done{};
}

Status Site::expect_output_scale(std::int64_t scale_log2) const {
  if (graph.values[node.output].scale_log2.size() != 1 || out_scale() != scale_log2) {
    return Error{"its output's scale does not follow from its input's"};
  }
  return Done{};
}

Status expect_shift(std::int64_t shift) {
  if (shift < 0 || shift > kMaxRescale) return Error{"one of its shifts is out of bounds"};
  return Done{};
}

Result<IntegerRange> sum_range(const Result<IntegerRange>& a, const Result<IntegerRange>& b) {
  if (!a || !b) return a ? b.error() : a.error();
  return checked(add_ranges(*a, *b));
}

Result<IntegerRange> product_range(const Result<IntegerRange>& a, const Result<IntegerRange>& b) {
  if (!a || !b) return a ? b.error() : a.error();
  return checked(multiply_ranges(*a, *b));
}

Result<IntegerRange> shifted_range(const Result<IntegerRange>& a, std::int64_t up_shift) {
  VEIL_TRY_STATUS(expect_shift(up_shift));
  const std::int64_t factor = std::int64_t{1} << up_shift;
  return product_range(a, IntegerRange{factor, factor});
}

Result<NodeFacts> rescaled_facts(const Site& site, const Result<IntegerRange>& accumulator, std::int64_t shift) {
  if (!accumulator) return accumulator.error();
  VEIL_TRY_STATUS(expect_shift(shift));
  if (!IntegerRange{-kMaxAccumulator, kMaxAccumulator}.contains(*accumulator)) return kTooLarge;
  const IntegerRange rounded = round_shift(*accumulator, static_cast<unsigned>(shift));
  const IntegerRange full = site.full_range();
  return NodeFacts{*accumulator, IntegerRange{saturate(rounded.low, full), saturate(rounded.high, full)}};
}

}  // namespace veil
