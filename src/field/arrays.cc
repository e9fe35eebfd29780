#include "field/arrays.h"

#include "base/check.h"
#include "field/kernels/field_kernels.h"

namespace veil {

const FieldKernels& field_kernels(CpuLevel level) {
#if defined(__x86_64__)
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

}  // namespace veil
