// Sums of multiples of points. Time: variable in points and scalars, memory accesses depend on the scalars; for use
// where timing is not observed by others (a prover's own machine) or where the inputs are public (a verifier).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "curve/g1.h"
#include "field/fr.h"

namespace veil {

struct Segment;
class PointRef;

// sum_i scalars[i] * points[i]; equal sizes; an empty sum is the identity. Identity points and zero scalars are fine.
G1 msm(std::span<const G1Affine> points, std::span<const Fr> scalars);

// Multiples of one point that is used often. The table has 32 windows of 8 signed bits with 128 points each, 256 KiB;
// the constructor fills it; a multiplication is at most 32 additions.
class FixedBase {
 public:
  explicit FixedBase(const G1Affine& point);
  G1 operator*(const Fr& scalar) const;
  // sums[i] += scalars[i] * point; equal sizes. Faster a multiple than one by one.
  void add_multiples(std::span<const Fr> scalars, std::span<G1Affine> sums) const;

 private:
  void add_some_multiples(std::span<const Fr> scalars, std::span<G1Affine> sums) const;

  std::vector<G1Affine> table_;  // [window][multiple - 1]
};

// sum_j row[j] * G_j + blinder * H for each row: full scalars over the fixed generators. `rows` holds rows of
// row_length entries one after another; one blinder for each. A zero scalar costs nothing.
std::vector<G1> commit_scalars(std::span<const Fr> rows, std::size_t row_length, std::span<const Fr> blinders);

// Commits to rows of small integers over the fixed generators, without blinding:
//   commit(row, first_column) = sum_j row[j] * G_{first_column + j}
// The constructor makes a table of small multiples of each generator (64 columns: 0.5 MiB and about a millisecond; at
// most 4 MiB), so that an entry costs one or two additions a byte of its magnitude, and a zero entry nothing. Long
// rows, for which sorting into buckets is faster than the table, are sorted.
class RowCommitter {
 public:
  explicit RowCommitter(std::size_t columns);  // at most kMaxGenerators

  std::size_t columns() const { return columns_; }

  // Any int64; first_column + row.size() <= columns.
  G1 commit(std::span<const std::int64_t> row, std::size_t first_column = 0) const;
  // Many rows at once, faster an entry than one by one: `rows` holds rows of row_length entries one after another
  // (rows.size() a multiple of row_length, row_length >= 1).
  std::vector<G1Affine> commit_rows(std::span<const std::int64_t> rows, std::size_t row_length,
                                    std::size_t first_column = 0) const;
  // What commit_scalars() gives, from the table where it is faster; row_length <= columns.
  std::vector<G1> commit_scalars(std::span<const Fr> rows, std::size_t row_length, std::span<const Fr> blinders) const;

 private:
  void gather(std::span<const std::int64_t> row, std::size_t first_column, std::size_t windows,
              std::vector<PointRef>& points, std::vector<Segment>& segments) const;
  void write_table_sums(std::span<const std::int64_t> rows, std::size_t row_length, std::size_t first_column,
                        std::size_t windows, std::span<G1> out) const;
  std::vector<G1> sums(std::span<const std::int64_t> rows, std::size_t row_length, std::size_t first_column) const;

  std::size_t columns_;
  unsigned table_bits_;
  std::vector<G1Affine> table_;  // [column][multiple - 1], multiples 1 .. 2^(table_bits - 1); H is the last column
};

}  // namespace veil
