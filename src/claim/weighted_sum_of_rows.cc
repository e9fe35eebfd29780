#include "claim/weighted_sum_of_rows.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <vector>

#include "base/check.h"
#include "base/int128.h"
#include "field/arrays.h"
#include "parallel/parallel.h"

namespace veil {

namespace {

// Tiles of kTileRows x kTileColumns entries with their weights stay in the first-level cache, also where the rows of
// the matrix are a power of two apart.
constexpr std::size_t kTileRows = 256;
constexpr std::size_t kTileColumns = 64;
// Below this a reduction an output costs more than a multiplication an entry.
constexpr std::size_t kFewRows = 5;
// So many entries are worth a thread of their own.
constexpr std::size_t kEntriesOfThread = std::size_t{1} << 18;

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

// Entries of kBits bits as numbers that are never negative: entry + 2^(kBits-1), in digits of 32 bits. What that adds
// is 2^(kBits-1) times the sum of the weights, for every output alike.
template <class T, unsigned kBits>
struct Biased {
  using Entry = T;
  static constexpr std::uint64_t kBias = std::uint64_t{1} << (kBits - 1);
  static constexpr std::size_t kDigits = kBits > 32 ? 2 : 1;
  using Sums = std::array<Accumulator, kDigits>;

  static std::uint32_t digit(T entry, std::size_t index) {
    const std::uint64_t biased = static_cast<std::uint64_t>(std::int64_t{entry}) + kBias;
    return static_cast<std::uint32_t>(biased >> (32 * index));
  }
  static Fr reduced(const Sums& sums) {
    if constexpr (kDigits == 1) {
      return sums[0].reduced();
    } else {
      return sums[0].reduced() + sums[1].reduced() * Fr::from_u64(std::uint64_t{1} << 32);
    }
  }
};

template <class Code>
void accumulate(std::span<const WeightedRow> rows, const typename Code::Entry* column, typename Code::Sums& sums) {
  typename Code::Sums local = sums;  // in registers
  for (const WeightedRow& row : rows) {
    const auto entry = column[row.offset];
    for (std::size_t d = 0; d < local.size(); ++d) local[d].add(row.weight, Code::digit(entry, d));
  }
  sums = local;
}

// Rows with entries side by side: copied to a tile first.
template <class Code>
void accumulate_tile(std::span<const WeightedRow> rows, const typename Code::Entry* corner,
                     std::span<typename Code::Sums> sums) {
  std::array<typename Code::Entry, kTileRows * kTileColumns> tile;
  std::array<WeightedRow, kTileRows> moved;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::copy_n(corner + rows[i].offset, sums.size(), tile.data() + i * kTileColumns);
    moved[i] = {rows[i].weight, static_cast<std::ptrdiff_t>(i * kTileColumns)};
  }
  for (std::size_t j = 0; j < sums.size(); ++j) {
    accumulate<Code>(std::span<const WeightedRow>(moved.data(), rows.size()), tile.data() + j, sums[j]);
  }
}

template <class Code>
void add_many_rows(std::span<const WeightedRow> rows, const Fr& total, const typename Code::Entry* data,
                   std::ptrdiff_t column_stride, std::span<Fr> out) {
  using Sums = typename Code::Sums;
  const Fr bias = total * Fr::from_u64(Code::kBias);
  std::array<Sums, kTileColumns> sums;
  for (std::size_t first = 0; first < out.size(); first += kTileColumns) {
    const std::size_t columns = std::min(kTileColumns, out.size() - first);
    std::fill_n(sums.begin(), columns, Sums{});
    const auto* corner = data + static_cast<std::ptrdiff_t>(first) * column_stride;
    for (std::size_t at = 0; at < rows.size(); at += kTileRows) {
      const auto block = rows.subspan(at, std::min(kTileRows, rows.size() - at));
      if (column_stride == 1 && columns > 1) {
        accumulate_tile<Code>(block, corner, std::span<Sums>(sums.data(), columns));
        continue;
      }
      for (std::size_t j = 0; j < columns; ++j) {
        accumulate<Code>(block, corner + static_cast<std::ptrdiff_t>(j) * column_stride, sums[j]);
      }
    }
    for (std::size_t j = 0; j < columns; ++j) out[first + j] += Code::reduced(sums[j]) - bias;
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

constexpr std::size_t kSparseWord = 8;

// Columns side by side in memory and almost empty, such as a tree's selections of one feature each: what is not zero is
// looked for, eight bytes at a time, and added.
bool is_sparse(const IntegerMatrixView& matrix, const std::int8_t* data) {
  constexpr std::size_t kLooked = 64;  // columns
  constexpr std::size_t kZeros = 12;   // for one that is not zero
  if (std::endian::native != std::endian::little || matrix.row_stride != 1 || matrix.rows < kSparseWord) return false;
  std::size_t filled = 0;
  const std::size_t columns = std::min(kLooked, matrix.columns);
  for (std::size_t j = 0; j < columns; ++j) {
    const std::int8_t* column = data + static_cast<std::ptrdiff_t>(j) * matrix.column_stride;
    for (std::size_t i = 0; i < matrix.rows; ++i) filled += column[i] != 0 ? 1 : 0;
  }
  return filled * (kZeros + 1) <= columns * matrix.rows;
}

// Eight entries from row i on, but for the first `skipped`.
void add_sparse_word(std::span<const Fr> weights, const std::int8_t* column, std::size_t i, std::size_t skipped,
                     Fr& sum) {
  std::uint64_t word = 0;
  std::memcpy(&word, column + i, sizeof(word));
  for (word = word >> (8 * skipped) << (8 * skipped); word != 0;) {
    const auto byte = static_cast<std::size_t>(std::countr_zero(word)) / 8;
    const auto entry = static_cast<std::int8_t>(word >> (8 * byte));
    sum += entry == 1 ? weights[i + byte] : weights[i + byte] * Fr::from_int(entry);
    word &= ~(std::uint64_t{0xff} << (8 * byte));
  }
}

void add_sparse_columns(std::span<const Fr> weights, const IntegerMatrixView& matrix, const std::int8_t* data,
                        std::span<Fr> out) {
  const std::size_t rows = weights.size();
  const std::size_t rest = rows % kSparseWord;
  for (std::size_t j = 0; j < out.size(); ++j, data += matrix.column_stride) {
    for (std::size_t i = 0; i + kSparseWord <= rows; i += kSparseWord) add_sparse_word(weights, data, i, 0, out[j]);
    if (rest != 0) add_sparse_word(weights, data, rows - kSparseWord, kSparseWord - rest, out[j]);
  }
}

// Where a kernel folds whole rows of small entries (field/arrays.h), matrices whose columns are not side by side are
// turned tile by tile.
template <class T>
void add_by_kernel(std::span<const Fr> weights, const IntegerMatrixView& matrix, const T* data, std::span<Fr> out) {
  if (matrix.column_stride == 1) return add_weighted_rows(out, weights, data, matrix.row_stride);
  constexpr std::size_t kTurnedRows = 512;
  std::array<T, kTurnedRows * kTileColumns> tile;
  for (std::size_t row = 0; row < weights.size(); row += kTurnedRows) {
    const std::size_t rows = std::min(kTurnedRows, weights.size() - row);
    for (std::size_t column = 0; column < out.size(); column += kTileColumns) {
      const std::size_t columns = std::min(kTileColumns, out.size() - column);
      for (std::size_t j = 0; j < columns; ++j) {
        const T* from = data + static_cast<std::ptrdiff_t>(row) * matrix.row_stride +
                        static_cast<std::ptrdiff_t>(column + j) * matrix.column_stride;
        for (std::size_t i = 0; i < rows; ++i, from += matrix.row_stride) tile[i * kTileColumns + j] = *from;
      }
      add_weighted_rows(out.subspan(column, columns), weights.subspan(row, rows), tile.data(), kTileColumns);
    }
  }
}

// 64-bit storage mostly holds small integers: one digit less is half the work.
bool fit_32_bits(std::span<const WeightedRow> rows, const std::int64_t* data, std::ptrdiff_t column_stride,
                 std::size_t columns) {
  for (const WeightedRow& row : rows) {
    bool fit = true;
    for (std::size_t j = 0; j < columns; ++j) {
      const std::int64_t entry = data[row.offset + static_cast<std::ptrdiff_t>(j) * column_stride];
      fit = fit && entry == static_cast<std::int32_t>(entry);
    }
    if (!fit) return false;
  }
  return true;
}

// Some of the columns, data being the first entry of theirs.
template <class T>
void add_columns(std::span<const WeightedRow> rows, std::span<const Fr> weights, const IntegerMatrixView& matrix,
                 const T* data, std::span<Fr> out) {
  if (rows.size() < kFewRows) return add_few_rows(rows, data, matrix.column_stride, out);
  if constexpr (sizeof(T) == 1) {
    if (is_sparse(matrix, data)) return add_sparse_columns(weights, matrix, data, out);
  }
  if constexpr (sizeof(T) <= 2) {
    if (kCpuLevel >= CpuLevel::kIfma) return add_by_kernel(weights, matrix, data, out);
  }
  Fr total;
  for (const Fr& weight : weights) total += weight;
  if constexpr (sizeof(T) == 8) {
    if (fit_32_bits(rows, data, matrix.column_stride, out.size())) {
      return add_many_rows<Biased<T, 32>>(rows, total, data, matrix.column_stride, out);
    }
  }
  add_many_rows<Biased<T, 8 * sizeof(T)>>(rows, total, data, matrix.column_stride, out);
}

}  // namespace

void weighted_sum_of_rows(std::span<const Fr> weights, const IntegerMatrixView& matrix, std::span<Fr> out) {
  VEIL_CHECK(weights.size() == matrix.rows && out.size() == matrix.columns);
  VEIL_CHECK(matrix.rows < (std::uint64_t{1} << 32));
  const std::vector<WeightedRow> rows = rows_with_weight(weights, matrix.row_stride);
  if (rows.empty() || out.empty()) return;
  const std::size_t grain = std::max(kTileColumns, kEntriesOfThread / rows.size());
  IntegerView(matrix.data, 0, matrix.width).visit([&]<class T>(const T* data) {
    for_ranges_of(out.size(), grain, kTileColumns, [&](std::size_t begin, std::size_t end) {
      IntegerMatrixView part = matrix;
      part.columns = end - begin;
      const T* first = data + static_cast<std::ptrdiff_t>(begin) * matrix.column_stride;
      add_columns(rows, weights, part, first, out.subspan(begin, end - begin));
    });
  });
}

}  // namespace veil
