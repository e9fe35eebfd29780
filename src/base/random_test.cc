#include "base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace veil {
namespace {

TEST(Random, FillsEveryByteAndNeverRepeats) {
  for (const std::size_t size : {1u, 255u, 256u, 257u, 1000u}) {
    std::vector<std::uint8_t> changed(size, 0);
    for (int round = 0; round < 16; ++round) {  // a byte that is zero 16 times: 2^-128
      std::vector<std::uint8_t> sample(size, 0);
      fill_random(sample);
      for (std::size_t i = 0; i < size; ++i) changed[i] = static_cast<std::uint8_t>(changed[i] | sample[i]);
    }
    EXPECT_EQ(std::count(changed.begin(), changed.end(), 0), 0) << size;
  }
  std::vector<std::uint8_t> a(32), b(32);
  fill_random(a);
  fill_random(b);
  EXPECT_NE(a, b);
  fill_random({});
}

}  // namespace
}  // namespace veil
