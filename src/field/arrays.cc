#include "field/arrays.h"

#include "base/check.h"
#include "field/kernels/field_kernels.h"

namespace veil {

const FieldKernels& field_kernels(CpuLevel level) {
#if defined(__x86_64__)
  if (level == CpuLevel::kIfma) return ifma_field_kernels();
  if (level >= CpuLevel::kAdx) return adx_field_kernels();
#endif
  static_cast<void>(level);
  return portable_field_kernels();
}

namespace {

const FieldKernels& chosen() { return field_kernels(kCpuLevel); }

}  // namespace

void batch_inverse(std::span<Fr> values) { chosen().batch_inverse_fr(values.data(), values.size()); }
void batch_inverse(std::span<Fq> values) { chosen().batch_inverse_fq(values.data(), values.size()); }

Fr inner_product(std::span<const Fr> a, std::span<const Fr> b) {
  VEIL_CHECK(a.size() == b.size());
  return chosen().inner_product(a.data(), b.data(), a.size());
}

Fr inner_product(std::span<const Fr> weights, std::span<const std::int64_t> values) {
  VEIL_CHECK(weights.size() == values.size());
  return chosen().inner_product_int(weights.data(), values.data(), weights.size());
}

void fold(std::span<Fr> table, const Fr& r) {
  VEIL_CHECK(table.size() % 2 == 0);
  const Fr fixed = r;  // r may be an entry of the table
  chosen().fold(table.data(), table.size() / 2, fixed);
}

void axpy(std::span<Fr> y, const Fr& a, std::span<const Fr> x) {
  VEIL_CHECK(y.size() == x.size());
  const Fr fixed = a;
  chosen().axpy(y.data(), fixed, x.data(), y.size());
}

void axpy(std::span<Fr> y, const Fr& a, std::span<const std::int64_t> x) {
  VEIL_CHECK(y.size() == x.size());
  const Fr fixed = a;
  chosen().axpy_int(y.data(), fixed, x.data(), y.size());
}

std::vector<Fr> powers(const Fr& x, std::size_t count) {
  std::vector<Fr> out(count);
  chosen().powers(out.data(), x, count);
  return out;
}

void scale(std::span<Fr> out, const Fr& a, std::span<const Fr> x) {
  VEIL_CHECK(out.size() == x.size());
  chosen().scale(out.data(), a, x.data(), x.size());
}

void add_fractions(std::span<Fr> numerators, std::span<Fr> denominators, std::span<const Fr> p, std::span<const Fr> q) {
  VEIL_CHECK(denominators.size() == numerators.size());
  VEIL_CHECK(p.size() == 2 * numerators.size() && q.size() == p.size());
  chosen().add_fractions(numerators.data(), denominators.data(), p.data(), q.data(), numerators.size());
}

ProductRound product_round(std::span<const Fr> left, std::span<const Fr> right) {
  VEIL_CHECK(left.size() % 2 == 0 && right.size() == left.size());
  return chosen().product_round(left.data(), right.data(), left.size() / 2);
}

WeightedRound weighted_round(std::span<const Fr> eq, std::span<const Fr> left, std::span<const Fr> right) {
  VEIL_CHECK(left.size() % 2 == 0 && right.size() == left.size() && eq.size() == left.size());
  return chosen().weighted_round(eq.data(), left.data(), right.data(), left.size() / 2);
}

ProductRound fraction_round(std::span<const Fr> eq, const FractionTables& tables) {
  return chosen().fraction_round(eq.data(), tables, eq.size());
}

}  // namespace veil
