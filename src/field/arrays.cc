#include "field/arrays.h"

#include <algorithm>

#include "base/check.h"
#include "field/kernels/field_kernels.h"
#include "parallel/parallel.h"

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

const FieldKernels& chosen() {
  static const FieldKernels& kernels = field_kernels(kCpuLevel);
  return kernels;
}

constexpr std::size_t kGrain = 4096;  // elements: tens of microseconds, against a few to hand a range to a thread

// Columns of a matrix whose entries make up enough work: an entry costs a tenth of an element's operation.
std::size_t columns_grain(std::size_t rows) { return std::max<std::size_t>(64, 16 * kGrain / (rows + 1)); }

}  // namespace

void batch_inverse(std::span<Fr> values) { chosen().batch_inverse_fr(values.data(), values.size()); }
void batch_inverse(std::span<Fq> values) { chosen().batch_inverse_fq(values.data(), values.size()); }

void square_root_candidates(std::span<Fq> values) {
  constexpr std::size_t kRootGrain = 32;  // some tens of microseconds
  for_ranges(values.size(), kRootGrain, [&](std::size_t begin, std::size_t end) {
    chosen().square_root_candidates(values.data() + begin, end - begin);
  });
}

Fr inner_product(std::span<const Fr> a, std::span<const Fr> b) {
  VEIL_CHECK(a.size() == b.size());
  return sum_ranges<Fr>(a.size(), kGrain, [&](std::size_t begin, std::size_t end) {
    return chosen().inner_product(a.data() + begin, b.data() + begin, end - begin);
  });
}

Fr inner_product(std::span<const Fr> weights, std::span<const std::int64_t> values) {
  VEIL_CHECK(weights.size() == values.size());
  return sum_ranges<Fr>(weights.size(), kGrain, [&](std::size_t begin, std::size_t end) {
    return chosen().inner_product_int(weights.data() + begin, values.data() + begin, end - begin);
  });
}

void fold(std::span<Fr> table, const Fr& r) {
  VEIL_CHECK(table.size() % 2 == 0);
  const Fr fixed = r;  // r may be an entry of the table
  const std::size_t half = table.size() / 2;
  for_ranges(half, kGrain, [&](std::size_t begin, std::size_t end) {
    Fr* low = table.data() + begin;
    chosen().fold(low, low, low + half, fixed, end - begin);
  });
}

void fold(std::span<Fr> out, std::span<const Fr> low, std::span<const Fr> high, const Fr& r) {
  VEIL_CHECK(low.size() == out.size() && high.size() == out.size());
  const Fr fixed = r;
  for_ranges(out.size(), kGrain, [&](std::size_t begin, std::size_t end) {
    chosen().fold(out.data() + begin, low.data() + begin, high.data() + begin, fixed, end - begin);
  });
}

void axpy(std::span<Fr> y, const Fr& a, std::span<const Fr> x) {
  VEIL_CHECK(y.size() == x.size());
  const Fr fixed = a;
  for_ranges(y.size(), kGrain, [&](std::size_t begin, std::size_t end) {
    chosen().axpy(y.data() + begin, fixed, x.data() + begin, end - begin);
  });
}

void axpy(std::span<Fr> y, const Fr& a, std::span<const std::int64_t> x) {
  VEIL_CHECK(y.size() == x.size());
  const Fr fixed = a;
  for_ranges(y.size(), kGrain, [&](std::size_t begin, std::size_t end) {
    chosen().axpy_int(y.data() + begin, fixed, x.data() + begin, end - begin);
  });
}

void combine_alternate(std::span<Fr> out, const Fr& base, const IntegerColumns& columns, std::size_t parity) {
  VEIL_CHECK(columns.width <= IntegerColumns::kMaxWidth && parity < 2);
  chosen().combine_alternate(out.data(), base, columns, parity, out.size());
}

std::vector<Fr> powers(const Fr& x, std::size_t count) {
  std::vector<Fr> out(count);
  chosen().powers(out.data(), x, count);
  return out;
}

void scale(std::span<Fr> out, const Fr& a, std::span<const Fr> x) {
  VEIL_CHECK(out.size() == x.size());
  const Fr fixed = a;
  for_ranges(x.size(), kGrain, [&](std::size_t begin, std::size_t end) {
    chosen().scale(out.data() + begin, fixed, x.data() + begin, end - begin);
  });
}

void split(std::span<Fr> low, std::span<Fr> high, const Fr& r) {
  VEIL_CHECK(low.size() == high.size());
  const Fr fixed = r;
  for_ranges(low.size(), kGrain, [&](std::size_t begin, std::size_t end) {
    chosen().split(low.data() + begin, high.data() + begin, fixed, end - begin);
  });
}

void add_weighted_rows(std::span<Fr> out, std::span<const Fr> weights, const std::int8_t* data,
                       std::ptrdiff_t row_stride) {
  for_ranges(out.size(), columns_grain(weights.size()), [&](std::size_t begin, std::size_t end) {
    chosen().add_weighted_rows_8(out.data() + begin, weights.data(), data + begin, weights.size(), row_stride,
                                 end - begin);
  });
}

void add_weighted_rows(std::span<Fr> out, std::span<const Fr> weights, const std::int16_t* data,
                       std::ptrdiff_t row_stride) {
  for_ranges(out.size(), columns_grain(weights.size()), [&](std::size_t begin, std::size_t end) {
    chosen().add_weighted_rows_16(out.data() + begin, weights.data(), data + begin, weights.size(), row_stride,
                                  end - begin);
  });
}

void add_fractions(const MutableFractions& out, const Fractions& rows, std::size_t count) {
  chosen().add_fractions(out, rows, count);
}

ProductRound& operator+=(ProductRound& a, const ProductRound& b) {
  a.constant += b.constant;
  a.square += b.square;
  return a;
}

ProductRound product_round(std::span<const Fr> left, std::span<const Fr> right) {
  VEIL_CHECK(left.size() % 2 == 0 && right.size() == left.size());
  const std::size_t half = left.size() / 2;
  return sum_ranges<ProductRound>(half, kGrain, [&](std::size_t begin, std::size_t end) {
    return chosen().product_round(left.data() + begin, right.data() + begin, half, end - begin);
  });
}

WeightedRound& operator+=(WeightedRound& a, const WeightedRound& b) {
  a.lower += b.lower;
  a.upper += b.upper;
  a.steps += b.steps;
  return a;
}

WeightedRound weighted_round(std::span<const Fr> eq, std::span<const Fr> left, std::span<const Fr> right) {
  const std::size_t half = eq.size();
  VEIL_CHECK(left.size() == 2 * half && right.size() == 2 * half);
  return sum_ranges<WeightedRound>(half, kGrain, [&](std::size_t begin, std::size_t end) {
    return chosen().weighted_round(eq.data() + begin, left.data() + begin, right.data() + begin, half, end - begin);
  });
}

ProductRound fraction_round(std::span<const Fr> eq, const Fractions& low, const Fractions& high) {
  return chosen().fraction_round(eq.data(), low, high, eq.size());
}

ProductRound fold_fraction_round(std::span<const Fr> eq, const MutableFractions& low, const MutableFractions& high,
                                 const FractionPairs& from, const Fr& r) {
  return chosen().fold_fraction_round(eq.data(), low, high, from, r, eq.size());
}

}  // namespace veil
