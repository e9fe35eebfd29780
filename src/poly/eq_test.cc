#include "poly/eq.h"

#include <gtest/gtest.h>

#include <random>

#include "field/arrays.h"

namespace veil {
namespace {

std::vector<Fr> random_point(std::size_t num_vars, std::mt19937_64& rng) {
  std::vector<Fr> out(num_vars);
  for (Fr& value : out) value = Fr::from_limbs({rng(), rng(), rng(), rng()});
  return out;
}

// The bits of index, first coordinate most significant.
std::vector<Fr> corner(std::size_t index, std::size_t num_vars) {
  std::vector<Fr> out(num_vars);
  for (std::size_t k = 0; k < num_vars; ++k) out[k] = Fr::from_u64(index >> (num_vars - 1 - k) & 1);
  return out;
}

TEST(Eq, TableHoldsEqAtEveryCorner) {
  std::mt19937_64 rng(1);
  for (std::size_t num_vars = 0; num_vars <= 6; ++num_vars) {
    const std::vector<Fr> point = random_point(num_vars, rng);
    const std::vector<Fr> table = eq_table(point);
    ASSERT_EQ(table.size(), std::size_t{1} << num_vars);
    for (std::size_t i = 0; i < table.size(); ++i) EXPECT_EQ(table[i], eq(point, corner(i, num_vars)));
  }
  EXPECT_EQ(eq_table({}), std::vector<Fr>{Fr::one()});
}

TEST(Eq, FirstCoordinateIsTheMostSignificantBit) {
  const std::vector<Fr> point = {Fr::from_u64(3), Fr::from_u64(5)};
  const std::vector<Fr> expected = {Fr::from_int(8), Fr::from_int(-10), Fr::from_int(-12), Fr::from_int(15)};
  EXPECT_EQ(eq_table(point), expected);
}

TEST(Eq, TruncatedTableIsAPrefix) {
  std::mt19937_64 rng(2);
  const std::vector<Fr> point = random_point(5, rng);
  const std::vector<Fr> table = eq_table(point);
  for (std::size_t length = 0; length <= table.size(); ++length) {
    EXPECT_EQ(eq_table(point, length),
              std::vector<Fr>(table.begin(), table.begin() + static_cast<std::ptrdiff_t>(length)));
  }
  EXPECT_EQ(eq_table(random_point(40, rng), 3).size(), 3u);
  EXPECT_DEATH(eq_table(point, 33), "check failed");
  EXPECT_DEATH(eq_table(random_point(41, rng)), "check failed");
}

TEST(Eq, InnerProductWithTheTableIsTheMultilinearExtension) {
  std::mt19937_64 rng(3);
  const std::vector<Fr> point = random_point(6, rng);
  std::vector<Fr> values = random_point(64, rng);
  const Fr expected = inner_product(eq_table(point), values);
  for (std::size_t k = 0; k < 6; ++k) fold(std::span(values).first(64 >> k), point[k]);
  EXPECT_EQ(values[0], expected);
}

TEST(Eq, IsSymmetricAndSumsToOne) {
  std::mt19937_64 rng(4);
  const std::vector<Fr> x = random_point(4, rng), y = random_point(4, rng);
  EXPECT_EQ(eq(x, y), eq(y, x));
  EXPECT_EQ(inner_product(eq_table(x), eq_table(y)), eq(x, y));
  Fr sum;
  for (const Fr& value : eq_table(x)) sum += value;
  EXPECT_EQ(sum, Fr::one());
  EXPECT_DEATH(eq(x, random_point(3, rng)), "check failed");
}

TEST(Eq, Log2Ceil) {
  const std::array<unsigned, 10> expected = {0, 0, 1, 2, 2, 3, 3, 3, 3, 4};
  for (std::size_t size = 0; size < expected.size(); ++size) EXPECT_EQ(log2_ceil(size), expected[size]);
  EXPECT_EQ(log2_ceil(std::size_t{1} << 40), 40u);
  EXPECT_EQ(log2_ceil((std::size_t{1} << 40) + 1), 41u);
}

}  // namespace
}  // namespace veil
