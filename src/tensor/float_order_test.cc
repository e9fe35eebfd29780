#include "tensor/float_order.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

namespace veil {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<float> floats() {
  std::mt19937 random(5);
  std::vector<float> out{0.0F,
                         -0.0F,
                         kInfinity,
                         -kInfinity,
                         std::numeric_limits<float>::max(),
                         std::numeric_limits<float>::lowest(),
                         std::numeric_limits<float>::denorm_min(),
                         -std::numeric_limits<float>::denorm_min(),
                         std::numeric_limits<float>::min(),
                         1.0F,
                         -1.0F};
  while (out.size() < 300) {
    const float next = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    if (std::isnan(next)) continue;
    out.push_back(next);
    out.push_back(std::nextafter(next, kInfinity));
  }
  return out;
}

TEST(FloatOrder, IsTheOrderOfFloats) {
  for (const float a : floats()) {
    for (const float b : floats()) ASSERT_EQ(a < b, *float_order(a) < *float_order(b)) << a << " " << b;
    EXPECT_EQ(float_of_order(*float_order(a)), a);
    EXPECT_TRUE(signed_range(kFloatOrderBits).contains(*float_order(a)));
  }
  EXPECT_EQ(float_order(-0.0), 0);
  EXPECT_FALSE(float_order(std::nan("")));
}

TEST(FloatOrder, ThresholdsAreExact) {
  for (const float t : floats()) {
    // Of a double threshold, too, which lies between two floats.
    for (const double threshold : {double{t}, std::nextafter(double{t}, -1e300), std::nextafter(double{t}, 1e300)}) {
      const std::int64_t above = order_above(threshold);
      for (const float x : floats()) ASSERT_EQ(x <= threshold, *float_order(x) < above) << x << " " << threshold;
    }
  }
  EXPECT_GT(order_above(kInfinity), signed_range(kFloatOrderBits).high);
}

TEST(FloatOrder, DoublesAreRounded) {
  EXPECT_EQ(to_float32(0.1), double{0.1F});
  EXPECT_EQ(to_float32(1e39), kInfinity);
  EXPECT_EQ(to_float32(-1e39), -kInfinity);
  EXPECT_EQ(to_float32(0x1.fffffefffffffp127), double{std::numeric_limits<float>::max()});
  EXPECT_EQ(float_of_order(signed_range(kFloatOrderBits).high), kInfinity);
  EXPECT_EQ(float_of_order(signed_range(kFloatOrderBits).low), -kInfinity);
}

}  // namespace
}  // namespace veil
