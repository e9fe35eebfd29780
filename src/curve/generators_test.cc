#include "curve/generators.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/limits.h"
#include "curve/generators_table.h"

namespace veil {
namespace {

static_assert(kMaxGenerators == std::size_t{1} << kMaxLogColumns);

TEST(Generators, TableIsTheDefinition) {
  const std::span<const G1Affine> table = generators(kMaxGenerators);
  for (std::size_t i = 0; i < kMaxGenerators; ++i) ASSERT_EQ(table[i], compute_generator(i)) << i;
  EXPECT_EQ(blinding_generator(), compute_generator(kMaxGenerators));
}

TEST(Generators, DigestIsPinned) {
  Keccak256 hash;
  for (const G1Affine& point : generators(kMaxGenerators)) hash.update(to_uncompressed(point));
  hash.update(to_uncompressed(blinding_generator()));
  EXPECT_EQ(to_hex(hash.finish()), to_hex(generators_digest()));
}

TEST(Generators, ArePointsOfTheCurveAndDiffer) {
  std::vector<std::array<std::uint8_t, 32>> xs;
  for (const G1Affine& point : kGeneratorsTable) {
    EXPECT_TRUE(point.is_on_curve());
    EXPECT_FALSE(point.is_identity());
    xs.push_back(point.x.to_bytes());
  }
  std::sort(xs.begin(), xs.end());
  EXPECT_EQ(std::adjacent_find(xs.begin(), xs.end()), xs.end());  // not even up to sign
}

TEST(Generators, CountIsBounded) {
  EXPECT_TRUE(generators(0).empty());
  EXPECT_EQ(generators(7).size(), 7u);
  EXPECT_EQ(generators(7).data(), generators(kMaxGenerators).data());
  EXPECT_DEATH(generators(kMaxGenerators + 1), "check failed");
}

}  // namespace
}  // namespace veil
