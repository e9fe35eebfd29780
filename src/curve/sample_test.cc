#include "curve/sample.h"

#include <gtest/gtest.h>

#include <array>

namespace veil {
namespace {

TEST(Sample, IsTheNextSixtyFourBytes) {
  Drbg drbg(Digest{1, 2, 3}), same(Digest{1, 2, 3});
  for (int i = 0; i < 5; ++i) {
    std::array<std::uint8_t, 64> bytes{};
    same.fill(bytes);
    EXPECT_EQ(sample_fr(drbg), Fr::from_wide(bytes));
  }
}

}  // namespace
}  // namespace veil
