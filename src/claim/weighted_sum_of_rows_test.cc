#include "claim/weighted_sum_of_rows.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <random>

#include "field/test_support.h"

namespace veil {
namespace {

constexpr IntegerWidth kWidths[] = {IntegerWidth::k8, IntegerWidth::k16, IntegerWidth::k32, IntegerWidth::k64};

std::int64_t lowest(IntegerWidth width) {
  return std::numeric_limits<std::int64_t>::min() >> (64 - 8 * width_bytes(width));
}

// Random entries, every fourth one of the extremes 0, lowest, lowest + 1, highest.
IntegerArray random_entries(std::mt19937_64& random, std::size_t count, IntegerWidth width) {
  IntegerBuffer buffer(count, width);
  const std::array<std::int64_t, 4> extremes{0, lowest(width), lowest(width) + 1, -(lowest(width) + 1)};
  for (std::size_t i = 0; i < count; ++i) {
    const auto value = static_cast<std::int64_t>(random()) >> (64 - 8 * width_bytes(width));
    buffer.set(i, random() % 4 == 0 ? extremes[random() % 4] : value);
  }
  return std::move(buffer).finish();
}

// Term by term, entries as field elements.
std::vector<Fr> expected_sum(const std::vector<Fr>& weights, const IntegerArray& entries, std::ptrdiff_t first,
                             std::ptrdiff_t row_stride, std::ptrdiff_t column_stride, std::vector<Fr> out) {
  for (std::size_t j = 0; j < out.size(); ++j) {
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const std::ptrdiff_t at =
          first + static_cast<std::ptrdiff_t>(i) * row_stride + static_cast<std::ptrdiff_t>(j) * column_stride;
      out[j] += weights[i] * Fr::from_int(entries[static_cast<std::size_t>(at)]);
    }
  }
  return out;
}

// Any pair of strides of any sign, laid over an array that just holds them.
void check_strided(std::mt19937_64& random, IntegerWidth width, std::size_t rows, std::size_t columns,
                   std::ptrdiff_t row_stride, std::ptrdiff_t column_stride) {
  std::ptrdiff_t first = 0;
  std::ptrdiff_t last = 0;
  for (const auto& [count, stride] : {std::pair{rows, row_stride}, std::pair{columns, column_stride}}) {
    const std::ptrdiff_t reach = (static_cast<std::ptrdiff_t>(count) - 1) * stride;
    (reach < 0 ? first : last) += reach;
  }
  const IntegerArray entries = random_entries(random, static_cast<std::size_t>(last - first + 1), width);
  std::vector<Fr> weights(rows);
  for (Fr& weight : weights)
    weight = random() % 3 == 0 ? Fr::zero() : random() % 5 == 0 ? -Fr::one() : random_fr(random);
  std::vector<Fr> out(columns);
  for (Fr& value : out) value = random_fr(random);
  const std::vector<Fr> expected = expected_sum(weights, entries, -first, row_stride, column_stride, out);
  const auto* bytes = static_cast<const std::byte*>(entries.view().data());
  const std::ptrdiff_t skipped = -first * static_cast<std::ptrdiff_t>(width_bytes(width));
  weighted_sum_of_rows(weights, {bytes + skipped, width, rows, columns, row_stride, column_stride}, out);
  EXPECT_EQ(out, expected) << rows << "x" << columns << " strides " << row_stride << ", " << column_stride;
}

TEST(WeightedSumOfRows, AgreesWithTheNaiveSumOnEveryShapeStrideAndWidth) {
  std::mt19937_64 random(1);
  for (const IntegerWidth width : kWidths) {
    for (const std::size_t rows : std::initializer_list<std::size_t>{1, 2, 4, 5, 7, 31, 300}) {
      for (const std::size_t columns : std::initializer_list<std::size_t>{1, 3, 64, 65, 130}) {
        const auto wide = static_cast<std::ptrdiff_t>(columns);
        const auto tall = static_cast<std::ptrdiff_t>(rows);
        check_strided(random, width, rows, columns, wide, 1);      // row-major
        check_strided(random, width, rows, columns, wide + 3, 1);  // a part of longer rows
        check_strided(random, width, rows, columns, 1024, 1);      // whose rows are far apart
        check_strided(random, width, rows, columns, 1, tall);      // transposed
        check_strided(random, width, rows, columns, 1, 1);         // overlapping windows
        check_strided(random, width, rows, columns, -2, 3);
        check_strided(random, width, rows, columns, 0, 1);
      }
    }
  }
}

// Columns with one entry that is not zero, or two next to each other, or none: wherever it stands.
TEST(WeightedSumOfRows, AgreesWithTheNaiveSumOnColumnsThatAreAlmostEmpty) {
  std::mt19937_64 random(2);
  for (const std::size_t rows : std::initializer_list<std::size_t>{8, 13, 23, 64, 65}) {
    const std::size_t apart = rows + random() % 3;
    const std::size_t columns = 300;
    IntegerBuffer buffer(apart * columns, IntegerWidth::k8);
    constexpr std::int64_t kValues[] = {1, 1, 1, -1, 127, -128};
    for (std::size_t j = 0; j < columns; ++j) {
      const std::size_t at = random() % rows;
      buffer.set(j * apart + at, kValues[random() % 6]);
      if (j % 50 == 49) buffer.set(j * apart + (at == 0 ? 0 : at - 1), 1);
      if (j % 50 == 48) buffer.set(j * apart + at, 0);
    }
    const IntegerArray entries = std::move(buffer).finish();
    std::vector<Fr> weights(rows);
    for (Fr& weight : weights) weight = random_fr(random);
    const std::vector<Fr> out(columns, Fr::from_u64(7));
    const auto stride = static_cast<std::ptrdiff_t>(apart);
    std::vector<Fr> sums = out;
    weighted_sum_of_rows(weights, {entries.view().data(), IntegerWidth::k8, rows, columns, 1, stride}, sums);
    EXPECT_EQ(sums, expected_sum(weights, entries, 0, 1, stride, out)) << rows;
  }
}

TEST(WeightedSumOfRows, TheLargestWeightsAndEntriesDoNotOverflow) {
  constexpr std::size_t kRows = 2000;
  for (const IntegerWidth width : kWidths) {
    for (const std::int64_t value : {lowest(width), -(lowest(width) + 1)}) {
      IntegerBuffer buffer(kRows, width);
      for (std::size_t i = 0; i < kRows; ++i) buffer.set(i, value);
      const IntegerArray entries = std::move(buffer).finish();
      std::vector<Fr> out(1);
      weighted_sum_of_rows(std::vector<Fr>(kRows, -Fr::one()), {entries.view().data(), width, kRows, 1, 1, 1}, out);
      EXPECT_EQ(out[0], -(Fr::from_int(value) * Fr::from_u64(kRows)));
    }
  }
}

TEST(WeightedSumOfRows, NothingToAddChangesNothing) {
  std::vector<Fr> out{Fr::one()};
  const std::int64_t entry = 5;
  weighted_sum_of_rows({}, {&entry, IntegerWidth::k64, 0, 1, 1, 1}, out);
  weighted_sum_of_rows(std::vector<Fr>(9), {&entry, IntegerWidth::k64, 9, 1, 0, 1}, out);
  EXPECT_EQ(out[0], Fr::one());
  weighted_sum_of_rows(std::vector<Fr>(9, Fr::one()), {&entry, IntegerWidth::k64, 9, 0, 0, 1}, {});
}

}  // namespace
}  // namespace veil
