// Exact decimal numbers, as people write thresholds: never floating point.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/int128.h"
#include "base/result.h"

namespace veil {

// numerator / 10^decimals, |numerator| < 10^18, 0 <= decimals <= 18, without common factors of 10.
struct Decimal {
  std::int64_t numerator = 0;
  unsigned decimals = 0;

  bool operator==(const Decimal&) const = default;
};

Result<Decimal> parse_decimal(std::string_view text);
std::string decimal_text(const Decimal& value);
long double decimal_value(const Decimal& value);
Int128 power_of_ten(unsigned exponent);  // <= 38

}  // namespace veil
