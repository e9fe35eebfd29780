#include "poly/eq.h"

#include <bit>
#include <limits>

#include "base/check.h"

namespace veil {

unsigned log2_ceil(std::size_t size) { return size <= 1 ? 0 : static_cast<unsigned>(std::bit_width(size - 1)); }

namespace {

constexpr std::size_t kMaxCoordinates = 40;

// Right also where std::size_t has 32 bits.
std::size_t shifted_right(std::size_t value, std::size_t shift) {
  return shift < std::numeric_limits<std::size_t>::digits ? value >> shift : 0;
}

}  // namespace

std::vector<Fr> eq_table(std::span<const Fr> point) {
  VEIL_CHECK(point.size() <= kMaxCoordinates && point.size() < std::numeric_limits<std::size_t>::digits);
  return eq_table(point, std::size_t{1} << point.size());
}

// After k coordinates the table holds the ceil(length / 2^(num_vars - k)) entries that prefixes of k bits need; the
// next coordinate r splits each entry e into e - e r (bit 0) and e r (bit 1), written from the end so that it works in
// place.
std::vector<Fr> eq_table(std::span<const Fr> point, std::size_t length) {
  std::vector<Fr> table(length);
  if (length == 0) return table;
  VEIL_CHECK(point.size() <= kMaxCoordinates && shifted_right(length - 1, point.size()) == 0);
  table[0] = Fr::one();
  std::size_t filled = 1;
  for (std::size_t k = 0; k < point.size(); ++k) {
    const std::size_t shift = point.size() - k - 1;
    const std::size_t wanted = shifted_right(length - 1, shift) + 1;  // 2 filled - 1 or 2 filled
    for (std::size_t i = filled; i-- > 0;) {
      const Fr one_part = table[i] * point[k];
      if (2 * i + 1 < wanted) table[2 * i + 1] = one_part;
      table[2 * i] = table[i] - one_part;
    }
    filled = wanted;
  }
  return table;
}

Fr eq(std::span<const Fr> x, std::span<const Fr> y) {
  VEIL_CHECK(x.size() == y.size());
  Fr out = Fr::one();
  for (std::size_t k = 0; k < x.size(); ++k) {
    const Fr both = x[k] * y[k];
    out *= Fr::one() - x[k] - y[k] + both.doubled();  // x y + (1 - x)(1 - y)
  }
  return out;
}

}  // namespace veil
