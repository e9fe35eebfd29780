#include "poly/eq.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "base/check.h"
#include "field/arrays.h"

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

// From the last coordinate to the first: the table of the coordinates behind r becomes its own (1 - r) and r multiples.
// Where the whole length is already there, only bit 0 of r is wanted, and its factors are applied at the end.
std::vector<Fr> eq_table(std::span<const Fr> point, std::size_t length) {
  std::vector<Fr> table(length);
  if (length == 0) return table;
  VEIL_CHECK(point.size() <= kMaxCoordinates && shifted_right(length - 1, point.size()) == 0);
  table[0] = Fr::one();
  std::size_t filled = 1;
  Fr unused = Fr::one();
  for (std::size_t k = point.size(); k-- > 0;) {
    if (filled == length) {
      unused *= Fr::one() - point[k];
      continue;
    }
    const std::size_t added = std::min(filled, length - filled);
    const std::span<Fr> rest = std::span(table).subspan(added, filled - added);
    split(std::span(table).first(added), std::span(table).subspan(filled, added), point[k]);
    scale(rest, Fr::one() - point[k], rest);
    filled += added;
  }
  if (unused != Fr::one()) scale(table, unused, table);
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
