#include <algorithm>
#include <array>
#include <bit>

#include "base/check.h"
#include "curve/batch_add.h"
#include "curve/bucket_weights.h"
#include "curve/buckets.h"
#include "curve/generators.h"
#include "curve/msm.h"
#include "curve/signed_digits.h"
#include "parallel/parallel.h"

namespace veil {
namespace {

constexpr std::size_t kPointsInFlight = 8192;   // 512 KiB
constexpr std::size_t kMostEmpty = 16;          // a group has at most so many times as many rows as full ones would be
constexpr std::size_t kBucketsInFlight = 8192;  // 512 KiB
constexpr std::size_t kParallelSums = 4096;     // that make it worth while to share them between threads
constexpr std::size_t kMinBatch = 128;          // below it, additions in Jacobian coordinates beat the inversions

// The table has columns * 2^(c-1) points of 64 bytes: 8 KiB a column up to 1024 columns, 4 MiB for 4096, where long
// rows of small integers are sorted instead.
unsigned choose_table_bits(std::size_t columns) { return columns <= 1024 ? 8 : 5; }

std::uint64_t magnitude(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  return value < 0 ? 0 - bits : bits;
}

// The least b with |entry| <= 2^b; at most 63. Not for zero.
unsigned magnitude_bits(std::int64_t entry) { return static_cast<unsigned>(std::bit_width(magnitude(entry) - 1)); }

// Calls visit(j) for each entry other than zero. Rows that select are nearly all zeros: those are passed eight at a
// time.
template <class Visit>
void for_each_nonzero(std::span<const std::int64_t> row, const Visit& visit) {
  constexpr std::size_t kTogether = 8;
  for (std::size_t begin = 0; begin < row.size(); begin += kTogether) {
    const std::size_t end = std::min(row.size(), begin + kTogether);
    std::int64_t any = 0;
    for (std::size_t j = begin; j < end; ++j) any |= row[j];
    if (any == 0) continue;
    for (std::size_t j = begin; j < end; ++j) visit(j);
  }
}

// How the entries of some rows are spread: what the cost of a way to sum them depends on.
struct Spread {
  std::size_t rows = 0;
  std::array<std::size_t, 64> entries{};  // [magnitude bits], zeros not counted
  unsigned bits = 0;                      // of the largest

  Spread(std::span<const std::int64_t> all, std::size_t row_length) : rows(all.size() / row_length) {
    for_each_nonzero(all, [&](std::size_t j) {
      if (all[j] != 0) ++entries[magnitude_bits(all[j])];
    });
    for (unsigned b = 0; b < entries.size(); ++b) bits = entries[b] == 0 ? bits : b;
  }

  std::size_t additions(unsigned window_bits) const {
    std::size_t out = 0;
    for (unsigned b = 0; b < entries.size(); ++b) out += entries[b] * signed_windows(b, window_bits);
    return out;
  }
  // In units of 1/8 addition, see buckets.h.
  std::size_t bucket_cost(unsigned window_bits) const {
    return 8 * additions(window_bits) + rows * signed_windows(bits, window_bits) * bucket_overhead(window_bits);
  }
  unsigned best_bucket_bits() const {
    unsigned best = 2;
    for (unsigned c = 3; c <= kMaxBucketBits; ++c) best = bucket_cost(c) < bucket_cost(best) ? c : best;
    return best;
  }
};

// sum_w 2^(c w) S_w
G1 join_windows(std::span<const G1> sums, unsigned window_bits) {
  G1 out;
  for (std::size_t w = sums.size(); w-- > 0;) {
    for (unsigned k = 0; k < window_bits && !out.is_identity(); ++k) out = out.doubled();
    out += sums[w];
  }
  return out;
}

// Rows over the bases themselves, without the table.
void write_bucket_sums(std::span<const G1Affine> bases, std::span<const std::int64_t> rows, unsigned bits,
                       unsigned window_bits, std::span<G1> out) {
  const std::size_t length = bases.size();
  const std::size_t windows = signed_windows(bits, window_bits);
  const std::size_t row_count = rows.size() / length;
  std::vector<std::int16_t> digits(rows.size() * windows);  // [row][window][entry]
  for (std::size_t i = 0; i < row_count; ++i) {
    for (std::size_t j = 0; j < length; ++j) {
      const std::int64_t entry = rows[i * length + j];
      const std::array<std::uint64_t, 1> limbs = {magnitude(entry)};
      write_signed_digits(limbs, entry < 0, window_bits, &digits[i * windows * length + j], windows, length);
    }
  }
  const std::vector<G1Affine> bits_of_sums = bit_sums_by_buckets(bases, digits, window_bits);
  for (std::size_t i = 0; i < row_count; ++i) {
    out[i] = sum_of_bits(std::span(bits_of_sums).subspan(i * windows * window_bits, windows * window_bits));
  }
}

}  // namespace

RowCommitter::RowCommitter(std::size_t columns) : columns_(columns), table_bits_(choose_table_bits(columns)) {
  const std::span<const G1Affine> bases = generators(columns);
  const std::size_t multiples = std::size_t{1} << (table_bits_ - 1);
  table_.resize((columns + 1) * multiples);
  for (std::size_t j = 0; j < columns; ++j) table_[j * multiples] = bases[j];
  table_[columns * multiples] = blinding_generator();
  for_ranges_of(columns + 1, std::max<std::size_t>(1, kParallelSums / multiples), 1,
                [&](std::size_t begin, std::size_t end) {
                  fill_multiples(std::span(table_).subspan(begin * multiples, (end - begin) * multiples), multiples);
                });
}

// Appends, window by window, references to the table points that the windows of the row's entries select: one segment a
// window.
void RowCommitter::gather(std::span<const std::int64_t> row, std::size_t first_column, std::size_t windows,
                          std::vector<PointRef>& points, std::vector<Segment>& segments) const {
  std::vector<std::uint32_t> columns(row.size());
  std::size_t count = 0;
  for_each_nonzero(row, [&](std::size_t j) {  // a zero is written and then overwritten: no branch to mispredict
    columns[count] = static_cast<std::uint32_t>(j);
    if (row[j] != 0) ++count;
  });
  std::vector<std::int16_t> digits(count * windows);  // [window][entry]
  for (std::size_t k = 0; k < count; ++k) {
    const std::int64_t entry = row[columns[k]];
    const std::array<std::uint64_t, 1> limbs = {magnitude(entry)};
    write_signed_digits(limbs, entry < 0, table_bits_, &digits[k], windows, count);
  }
  for (std::size_t w = 0; w < windows; ++w) {
    std::size_t end = points.size();
    const auto begin = static_cast<std::uint32_t>(end);
    points.resize(end + count);
    for (std::size_t k = 0; k < count; ++k) {
      const std::int32_t digit = digits[w * count + k];
      const auto multiple = static_cast<std::size_t>(digit < 0 ? -digit : digit);
      const std::size_t one = digit != 0 ? 1 : 0;
      points[end] = PointRef(&table_[((first_column + columns[k]) << (table_bits_ - 1)) + multiple - one], digit < 0);
      end += one;
    }
    points.resize(end);
    segments.push_back({begin, static_cast<std::uint32_t>(end) - begin});
  }
}

void RowCommitter::write_table_sums(std::span<const std::int64_t> rows, std::size_t row_length,
                                    std::size_t first_column, std::size_t windows, std::span<G1> out) const {
  std::vector<PointRef> points;
  std::vector<Segment> segments;
  for (std::size_t i = 0; i < rows.size(); i += row_length) {
    gather(rows.subspan(i, row_length), first_column, windows, points, segments);
  }
  std::vector<G1Affine> work((points.size() + 1) / 2);
  if (points.size() >= kMinBatch) sum_segments(points, segments, work);
  std::vector<G1> sums(segments.size());
  for (std::size_t s = 0; s < segments.size(); ++s) {
    for (std::uint32_t k = 0; k < segments[s].size; ++k) sums[s] += points[segments[s].begin + k].value();
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = join_windows(std::span(sums).subspan(i * windows, windows), table_bits_);
  }
}

std::vector<G1> RowCommitter::sums(std::span<const std::int64_t> rows, std::size_t row_length,
                                   std::size_t first_column) const {
  std::vector<G1> out(rows.size() / row_length);
  const Spread spread(rows, row_length);
  const unsigned bits = spread.bits;
  const unsigned bucket_bits = spread.best_bucket_bits();
  const std::size_t bucket_windows = signed_windows(bits, bucket_bits);
  const std::size_t table_windows = signed_windows(bits, table_bits_);
  const bool by_buckets = spread.bucket_cost(bucket_bits) < 8 * spread.additions(table_bits_);
  // Rows that are almost empty, as those of selections and of what saturation cuts off are, go in larger groups.
  const std::size_t points_a_row = std::max(spread.additions(table_bits_) / std::max<std::size_t>(1, spread.rows),
                                            table_windows * row_length / kMostEmpty);
  const std::size_t work_a_row = by_buckets ? bucket_windows << (bucket_bits - 1) : points_a_row + 1;
  const std::size_t most = by_buckets ? kBucketsInFlight : kPointsInFlight;
  const std::size_t together = std::max<std::size_t>(1, most / work_a_row);
  const std::span<const G1Affine> bases = generators(columns_).subspan(first_column, row_length);
  const std::size_t grain =
      std::max<std::size_t>(1, std::min(together, kParallelSums / (row_length * table_windows + 1)));
  for_ranges_of(spread.rows, grain, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t first = begin; first < end; first += together) {
      const std::size_t count = std::min(together, end - first);
      const std::span<const std::int64_t> some = rows.subspan(first * row_length, count * row_length);
      const std::span<G1> to = std::span(out).subspan(first, count);
      if (by_buckets) {
        write_bucket_sums(bases, some, bits, bucket_bits, to);
      } else {
        write_table_sums(some, row_length, first_column, table_windows, to);
      }
    }
  });
  return out;
}

G1 RowCommitter::commit(std::span<const std::int64_t> row, std::size_t first_column) const {
  VEIL_CHECK(first_column <= columns_ && row.size() <= columns_ - first_column);
  return row.empty() ? G1::identity() : sums(row, row.size(), first_column).front();
}

std::vector<G1Affine> RowCommitter::commit_rows(std::span<const std::int64_t> rows, std::size_t row_length,
                                                std::size_t first_column) const {
  VEIL_CHECK(row_length >= 1 && rows.size() % row_length == 0);
  VEIL_CHECK(first_column <= columns_ && row_length <= columns_ - first_column);
  return G1::batch_to_affine(sums(rows, row_length, first_column));
}

}  // namespace veil
