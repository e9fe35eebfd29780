// Floats as integers in their order: the bits of a float32, read as sign and magnitude. Every float32 has an integer of
// its own (both zeros have 0), the infinities are the ends, and x < y where order(x) < order(y): a comparison of
// integers is that of the floats, whatever their size.
#pragma once

#include <cstdint>
#include <optional>

#include "tensor/fixed_point.h"

namespace veil {

inline constexpr unsigned kFloatOrderBits = 32;               // signed; what holds all of them
inline constexpr std::int64_t kOrderOfInfinity = 0x7f800000;  // integers beyond are read as the infinity

// Where a value may be missing, integers are order + kMissingStep * (1 if it is): those without a value are above all
// others, and less 2 kMissingStep below all others. Of the integers that say so, the one of 0 is used.
inline constexpr std::int64_t kMissingStep = std::int64_t{1} << kFloatOrderBits;
inline constexpr bool is_missing(std::int64_t integer) { return integer >= kMissingStep / 2; }

// The nearest float32; beyond the largest, infinity.
double to_float32(double value);

// Of the nearest float32. Nothing for NaN.
std::optional<std::int64_t> float_order(double value);
double float_of_order(std::int64_t order);

// The least integer whose float is above the threshold, which is no NaN: x <= threshold <=> float_order(x) < that,
// for every float32 x. Above plus infinity is what no integer reaches.
std::int64_t order_above(double threshold);

}  // namespace veil
