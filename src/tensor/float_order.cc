#include "tensor/float_order.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/check.h"

namespace veil {

double to_float32(double value) {
  // Half a unit above the largest float is where rounding to the nearest gives infinity.
  constexpr double kFirstInfinite = 0x1.ffffffp127;
  if (std::fabs(value) >= kFirstInfinite) return std::copysign(std::numeric_limits<double>::infinity(), value);
  return static_cast<double>(static_cast<float>(value));
}

std::optional<std::int64_t> float_order(double value) {
  if (std::isnan(value)) return std::nullopt;
  const auto magnitude = std::int64_t{std::bit_cast<std::uint32_t>(static_cast<float>(to_float32(std::fabs(value))))};
  return value < 0 ? -magnitude : magnitude;
}

double float_of_order(std::int64_t order) {
  const std::int64_t magnitude = std::min(order < 0 ? -order : order, kOrderOfInfinity);
  const double value = std::bit_cast<float>(static_cast<std::uint32_t>(magnitude));
  return order < 0 ? -value : value;
}

std::int64_t order_above(double threshold) {
  VEIL_CHECK(!std::isnan(threshold));
  if (threshold == std::numeric_limits<double>::infinity()) return signed_range(kFloatOrderBits).high + 1;
  const double nearest = to_float32(threshold);
  const std::int64_t order = *float_order(nearest);
  return nearest <= threshold ? order + 1 : order;
}

}  // namespace veil
