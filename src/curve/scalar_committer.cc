// Rows of full scalars over the fixed generators.
//
// From the table of a RowCommitter each scalar is split by the endomorphism, k = k_0 + lambda k_1, and both halves are
// cut in the table's windows:  row = sum_w 2^(c w) (S_0w + phi(S_1w)),  S_hw = sum_j digit_hwj G_j.
#include <algorithm>
#include <array>

#include "base/check.h"
#include "curve/batch_add.h"
#include "curve/endomorphism.h"
#include "curve/generators.h"
#include "curve/msm.h"
#include "curve/signed_digits.h"
#include "parallel/parallel.h"

namespace veil {
namespace {

constexpr std::size_t kScalarsTogether = 256;  // fewer are no work for a thread of its own
constexpr std::size_t kLongRow = 1024;         // beyond it buckets are faster

// 2 * windows segments, first those of k_0, for the scalars of one row.
class WindowSums {
 public:
  WindowSums(std::span<const G1Affine> table, unsigned table_bits)
      : table_(table), bits_(table_bits), windows_(signed_windows(kHalfScalarBits, table_bits)) {}

  void add_row(std::span<const Fr> row, const Fr& blinder) {
    const std::size_t count = row.size() + 1;
    const std::size_t blinder_column = (table_.size() >> (bits_ - 1)) - 1;
    std::vector<std::int16_t> digits(2 * windows_ * count);  // [half][window][entry]
    for (std::size_t j = 0; j < count; ++j) {
      const Fr& scalar = j < row.size() ? row[j] : blinder;
      if (scalar.is_zero()) continue;
      const std::array<HalfScalar, 2> halves = split_scalar(scalar);
      for (std::size_t h = 0; h < 2; ++h) {
        write_signed_digits(halves[h].magnitude, halves[h].negative, bits_, &digits[h * windows_ * count + j], windows_,
                            count);
      }
    }
    for (std::size_t w = 0; w < 2 * windows_; ++w) {
      const std::size_t begin = points_.size();
      for (std::size_t j = 0; j < count; ++j) {
        const std::int32_t digit = digits[w * count + j];
        if (digit == 0) continue;
        const auto multiple = static_cast<std::size_t>(digit < 0 ? -digit : digit);
        const std::size_t column = j < row.size() ? j : blinder_column;
        points_.emplace_back(&table_[(column << (bits_ - 1)) + multiple - 1], digit < 0);
      }
      segments_.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(points_.size() - begin)});
    }
  }

  // One for each row added.
  void finish(std::span<G1> out) {
    std::vector<G1Affine> work((points_.size() + 1) / 2);
    sum_segments(points_, segments_, work);
    for (std::size_t i = 0; i < out.size(); ++i) {
      G1 row;
      for (std::size_t w = windows_; w-- > 0;) {
        for (unsigned k = 0; k < bits_ && !row.is_identity(); ++k) row = row.doubled();
        const G1Affine high = sum_of((2 * i + 1) * windows_ + w);
        row += sum_of(2 * i * windows_ + w);
        row += G1Affine{high.x * kBeta, high.y};
      }
      out[i] = row;
    }
  }

 private:
  G1Affine sum_of(std::size_t segment) const {
    return segments_[segment].size == 0 ? G1Affine::identity() : points_[segments_[segment].begin].value();
  }

  std::span<const G1Affine> table_;
  unsigned bits_;
  std::size_t windows_;
  std::vector<PointRef> points_;
  std::vector<Segment> segments_;
};

}  // namespace

std::vector<G1> commit_scalars(std::span<const Fr> rows, std::size_t row_length, std::span<const Fr> blinders) {
  VEIL_CHECK(rows.size() == row_length * blinders.size());
  std::vector<G1> out;
  for (std::size_t i = 0; i < blinders.size(); ++i) {
    std::vector<G1Affine> points{blinding_generator()};
    std::vector<Fr> scalars{blinders[i]};
    for (std::size_t j = 0; j < row_length; ++j) {
      const Fr& scalar = rows[i * row_length + j];
      if (scalar.is_zero()) continue;
      points.push_back(generators(row_length)[j]);
      scalars.push_back(scalar);
    }
    out.push_back(msm(points, scalars));
  }
  return out;
}

std::vector<G1> RowCommitter::commit_scalars(std::span<const Fr> rows, std::size_t row_length,
                                             std::span<const Fr> blinders) const {
  VEIL_CHECK(row_length <= columns_ && rows.size() == row_length * blinders.size());
  if (row_length > kLongRow) return veil::commit_scalars(rows, row_length, blinders);
  std::vector<G1> out(blinders.size());
  const std::size_t together = std::max<std::size_t>(1, kScalarsTogether / std::max<std::size_t>(1, row_length));
  for_ranges_of(blinders.size(), together, 1, [&](std::size_t begin, std::size_t end) {
    WindowSums sums(table_, table_bits_);
    for (std::size_t i = begin; i < end; ++i) sums.add_row(rows.subspan(i * row_length, row_length), blinders[i]);
    sums.finish(std::span(out).subspan(begin, end - begin));
  });
  return out;
}

}  // namespace veil
