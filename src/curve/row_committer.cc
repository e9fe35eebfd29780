#include <algorithm>
#include <array>
#include <bit>

#include "base/check.h"
#include "curve/batch_add.h"
#include "curve/generators.h"
#include "curve/msm.h"
#include "curve/signed_digits.h"

namespace veil {
namespace {

constexpr std::size_t kPointsInFlight = 8192;  // 512 KiB
constexpr std::size_t kMinBatch = 128;         // below it, additions in Jacobian coordinates beat the inversions

// The table has columns 2^(c-1) points of 64 bytes: 1 MiB for 128 columns, 2 MiB for 1024, 4 MiB for 4096.
unsigned choose_window_bits(std::size_t columns) {
  if (columns <= 128) return 8;
  if (columns <= 1024) return 6;
  return 5;
}

std::uint64_t magnitude(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  return value < 0 ? 0 - bits : bits;
}

}  // namespace

// Multiples m+1 .. 2m of every column are its multiples 1 .. m plus its multiple m.
RowCommitter::RowCommitter(std::size_t columns) : columns_(columns), window_bits_(choose_window_bits(columns)) {
  const std::span<const G1Affine> bases = generators(columns);
  const std::size_t multiples = std::size_t{1} << (window_bits_ - 1);
  table_.resize(columns * multiples);
  for (std::size_t j = 0; j < columns; ++j) table_[j * multiples] = bases[j];
  BatchAdder adder;
  for (std::size_t known = 1; known < multiples; known *= 2) {
    for (std::size_t j = 0; j < columns; ++j) {
      const std::size_t row = j * multiples;
      for (std::size_t i = 0; i < known; ++i) {
        adder.add(static_cast<std::uint32_t>(row + i), static_cast<std::uint32_t>(row + known - 1),
                  static_cast<std::uint32_t>(row + known + i));
      }
      if (adder.pending() >= 1024) adder.run(table_);
    }
    adder.run(table_);
  }
}

// Appends, window by window, the table points that the windows of the row's entries select: one segment a window.
void RowCommitter::gather(std::span<const std::int64_t> row, std::size_t first_column, std::size_t windows,
                          std::vector<G1Affine>& points, std::vector<Segment>& segments) const {
  std::vector<std::int32_t> digits(row.size() * windows);  // [entry][window], signs apart
  for (std::size_t j = 0; j < row.size(); ++j) {
    const std::array<std::uint64_t, 1> limbs = {magnitude(row[j])};
    write_signed_digits(limbs, window_bits_, std::span(digits).subspan(j * windows, windows));
  }
  for (std::size_t w = 0; w < windows; ++w) {
    const std::size_t begin = points.size();
    for (std::size_t j = 0; j < row.size(); ++j) {
      const std::int32_t digit = digits[j * windows + w];
      if (digit == 0) continue;
      const auto multiple = static_cast<std::size_t>(digit < 0 ? -digit : digit);
      const G1Affine& point = table_[((first_column + j) << (window_bits_ - 1)) + multiple - 1];
      points.push_back((digit < 0) != (row[j] < 0) ? -point : point);
    }
    segments.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(points.size() - begin)});
  }
}

std::size_t RowCommitter::windows_for(std::span<const std::int64_t> entries) const {
  std::uint64_t bits = 0;
  for (const std::int64_t entry : entries) bits |= magnitude(entry);
  return signed_windows(static_cast<unsigned>(std::bit_width(bits)), window_bits_);
}

// sum_w 2^(c w) S_w
G1 RowCommitter::join_windows(std::span<const G1Affine> points, std::span<const Segment> segments) const {
  G1 out;
  for (std::size_t w = segments.size(); w-- > 0;) {
    for (unsigned k = 0; k < window_bits_ && !out.is_identity(); ++k) out = out.doubled();
    for (std::uint32_t i = 0; i < segments[w].size; ++i) out += points[segments[w].begin + i];
  }
  return out;
}

G1 RowCommitter::commit(std::span<const std::int64_t> row, std::size_t first_column) const {
  VEIL_CHECK(first_column <= columns_ && row.size() <= columns_ - first_column);
  std::vector<G1Affine> points;
  std::vector<Segment> segments;
  gather(row, first_column, windows_for(row), points, segments);
  if (points.size() >= kMinBatch) sum_segments(points, segments);
  return join_windows(points, segments);
}

std::vector<G1Affine> RowCommitter::commit_rows(std::span<const std::int64_t> rows, std::size_t row_length,
                                                std::size_t first_column) const {
  VEIL_CHECK(row_length >= 1 && rows.size() % row_length == 0);
  VEIL_CHECK(first_column <= columns_ && row_length <= columns_ - first_column);
  const std::size_t windows = windows_for(rows);
  const std::size_t rows_together = std::max<std::size_t>(1, kPointsInFlight / (row_length * windows));
  std::vector<G1> sums;
  sums.reserve(rows.size() / row_length);
  std::vector<G1Affine> points;
  std::vector<Segment> segments;
  while (!rows.empty()) {
    const std::size_t count = std::min(rows_together, rows.size() / row_length);
    points.clear();
    segments.clear();
    for (std::size_t i = 0; i < count; ++i) {
      gather(rows.subspan(i * row_length, row_length), first_column, windows, points, segments);
    }
    sum_segments(points, segments);
    for (std::size_t i = 0; i < count; ++i) {
      sums.push_back(join_windows(points, std::span(segments).subspan(i * windows, windows)));
    }
    rows = rows.subspan(count * row_length);
  }
  return G1::batch_to_affine(sums);
}

}  // namespace veil
