#include "claim/weighted_sum_of_rows.h"

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "base/check.h"
#include "base/int128.h"
#include "field/arrays.h"

namespace veil {

namespace {

// Tiles of kTileRows x kTileColumns entries with their weights stay in the first-level cache, also where the rows of
// the matrix are a power of two apart.
constexpr std::size_t kTileRows = 256;
constexpr std::size_t kTileColumns = 64;
// Below this a reduction an output costs more than a multiplication an entry.
constexpr std::size_t kFewRows = 5;

struct WeightedRow {
  Limbs weight;  // as stored, below p < 2^254
  std::ptrdiff_t offset;
};

std::vector<WeightedRow> rows_with_weight(std::span<const Fr> weights, std::ptrdiff_t row_stride) {
  std::vector<WeightedRow> rows;
  rows.reserve(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!weights[i].is_zero()) rows.push_back({weights[i].raw(), static_cast<std::ptrdiff_t>(i) * row_stride});
  }
  return rows;
}

// sum_k limbs[k] 2^(64 k). A limb is a sum of at most 2^32 products of 64 and 32 bits, so it stays below 2^128, and the
// whole below 2^32 2^32 p < 2^318: no carry between limbs before the end, and five 64-bit limbs hold the result.
struct Accumulator {
  std::array<UInt128, 4> limbs{};

  void add(const Limbs& weight, std::uint32_t value) {
    for (std::size_t k = 0; k < 4; ++k) limbs[k] += static_cast<UInt128>(weight[k]) * value;
  }

  // The element whose stored limbs are congruent to the sum.
  Fr reduced() const {
    Limbs low{};
    UInt128 carry = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const UInt128 sum = carry + static_cast<std::uint64_t>(limbs[k]);  // carry < 2^65
      low[k] = static_cast<std::uint64_t>(sum);
      carry = (sum >> 64) + (limbs[k] >> 64);
    }
    // low R R^-1 and high R, R = 2^256: the first factor of a product may be any 256-bit value.
    return Fr::from_raw(low) * Fr::one() + Fr::from_u64(static_cast<std::uint64_t>(carry));
  }
};

// An entry as a number that is never negative: entry + 2^(bits-1), in digits of 32 bits. What that adds is 2^(bits-1)
// times the sum of the weights, for every output alike.
template <class T>
struct Offset {
  static constexpr std::uint64_t kBias = std::uint64_t{1} << (8 * sizeof(T) - 1);
  static constexpr std::size_t kDigits = sizeof(T) == 8 ? 2 : 1;

  static std::uint32_t digit(T entry, std::size_t index) {
    const std::uint64_t biased = static_cast<std::uint64_t>(std::int64_t{entry}) + kBias;
    return static_cast<std::uint32_t>(biased >> (32 * index));
  }
};

template <class T>
using Sums = std::array<Accumulator, Offset<T>::kDigits>;

template <class T>
void accumulate(std::span<const WeightedRow> rows, const T* column, Sums<T>& sums) {
  Sums<T> local = sums;  // in registers
  for (const WeightedRow& row : rows) {
    const T entry = column[row.offset];
    for (std::size_t d = 0; d < local.size(); ++d) local[d].add(row.weight, Offset<T>::digit(entry, d));
  }
  sums = local;
}

template <class T>
Fr reduced(const Sums<T>& sums) {
  if constexpr (Offset<T>::kDigits == 1) {
    return sums[0].reduced();
  } else {
    return sums[0].reduced() + sums[1].reduced() * Fr::from_u64(std::uint64_t{1} << 32);
  }
}

// Rows with entries side by side: copied to a tile first.
template <class T>
void accumulate_tile(std::span<const WeightedRow> rows, const T* corner, std::span<Sums<T>> sums) {
  std::array<T, kTileRows * kTileColumns> tile;
  std::array<WeightedRow, kTileRows> moved;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::copy_n(corner + rows[i].offset, sums.size(), tile.data() + i * kTileColumns);
    moved[i] = {rows[i].weight, static_cast<std::ptrdiff_t>(i * kTileColumns)};
  }
  for (std::size_t j = 0; j < sums.size(); ++j) {
    accumulate(std::span<const WeightedRow>(moved.data(), rows.size()), tile.data() + j, sums[j]);
  }
}

template <class T>
void add_many_rows(std::span<const WeightedRow> rows, const Fr& total, const T* data, std::ptrdiff_t column_stride,
                   std::span<Fr> out) {
  const Fr bias = total * Fr::from_u64(Offset<T>::kBias);
  std::array<Sums<T>, kTileColumns> sums;
  for (std::size_t first = 0; first < out.size(); first += kTileColumns) {
    const std::size_t columns = std::min(kTileColumns, out.size() - first);
    std::fill_n(sums.begin(), columns, Sums<T>{});
    const T* corner = data + static_cast<std::ptrdiff_t>(first) * column_stride;
    for (std::size_t at = 0; at < rows.size(); at += kTileRows) {
      const auto block = rows.subspan(at, std::min(kTileRows, rows.size() - at));
      if (column_stride == 1 && columns > 1) {
        accumulate_tile(block, corner, std::span<Sums<T>>(sums.data(), columns));
        continue;
      }
      for (std::size_t j = 0; j < columns; ++j) {
        accumulate(block, corner + static_cast<std::ptrdiff_t>(j) * column_stride, sums[j]);
      }
    }
    for (std::size_t j = 0; j < columns; ++j) out[first + j] += reduced<T>(sums[j]) - bias;
  }
}

template <class T>
void add_few_rows(std::span<const WeightedRow> rows, const T* data, std::ptrdiff_t column_stride, std::span<Fr> out) {
  std::vector<std::int64_t> widened(out.size());
  for (const WeightedRow& row : rows) {
    for (std::size_t j = 0; j < out.size(); ++j) {
      widened[j] = data[row.offset + static_cast<std::ptrdiff_t>(j) * column_stride];
    }
    axpy(out, Fr::from_raw(row.weight), widened);
  }
}

}  // namespace

void weighted_sum_of_rows(std::span<const Fr> weights, const IntegerMatrixView& matrix, std::span<Fr> out) {
  VEIL_CHECK(weights.size() == matrix.rows && out.size() == matrix.columns);
  VEIL_CHECK(matrix.rows < (std::uint64_t{1} << 32));
  const std::vector<WeightedRow> rows = rows_with_weight(weights, matrix.row_stride);
  if (rows.empty() || out.empty()) return;
  IntegerView(matrix.data, 0, matrix.width).visit([&](const auto* data) {
    if (rows.size() < kFewRows) return add_few_rows(rows, data, matrix.column_stride, out);
    Fr total;
    for (const Fr& weight : weights) total += weight;
    add_many_rows(rows, total, data, matrix.column_stride, out);
  });
}

}  // namespace veil
