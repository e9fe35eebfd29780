// Tables of functions by pieces, computed in exact integer arithmetic: no libm and no floating point, so that the
// verifier, the prover and an auditor generate the same rows on every platform.
//
// A piece covers the integers z = key * 2^low_bits + low, 0 <= low < 2^low_bits, and stands for x = z * 2^input_scale:
//   y(z) = base[key] + c,   c = floor((slope[key] * low + 2^(slope_shift-1)) / 2^slope_shift)  ~  f(x) / 2^output_scale
// slope is the chord of f over the piece; base is f at the piece's start, raised by half of the chord's deviation from
// f in the middle, so that the error is spread evenly. Where rounding would make y pass the next piece's start, the
// slope is brought nearer to zero until it does not: y is as increasing, or as decreasing, as f. low_bits = 0: slope =
// 0 and y = base: one row a value.
//
// With a declared output range moreover: y stays between the least and the largest value of f; c is a byte, 0 .. 255
// where f is increasing and -128 .. 127 otherwise, so that slopes near poles fall short of the chord; bases of a
// monotone function are monotone.
//
// To prove y, a lowering shows that (key, base, slope) is a row, that low is in [0, 2^low_bits), that
//   0 <= slope * low + 2^(slope_shift-1) - 2^slope_shift * c < 2^slope_shift
// and that c is in some interval, which must hold that of piece_extremes: [0, 2^k), or, where some c is negative,
// c + 2^(k-1) in [0, 2^k). Then c is determined, whatever the slope's sign.
#pragma once

#include <cstdint>
#include <vector>

#include "circuit/smooth_function.h"

namespace veil {

// output_bits = 0: sigmoid, tanh and 1 - exp(-x), without a bound on y. Otherwise any function but the last of these:
// keys are -2^(key_bits-1) .. 2^(key_bits-1) - 1, and y is f saturated to signed output_bits bits.
struct PieceParameters {
  std::int64_t function = 0;
  std::int64_t key_bits = 0;
  std::int64_t low_bits = 0;
  std::int64_t input_scale_log2 = 0;
  std::int64_t output_scale_log2 = 0;
  std::int64_t slope_shift = 0;
  std::int64_t output_bits = 0;
  std::int64_t alpha = 0, gamma = 0;  // of the function, in units of 2^-32

  bool operator==(const PieceParameters&) const = default;
};
// {function, key_bits, low_bits, input_scale_log2, output_scale_log2, slope_shift}, and {output_bits, alpha, gamma}
// where output_bits is not 0.
std::vector<std::int64_t> piece_list(const PieceParameters& parameters);

// Strict bounds on every parameter: this runs in the verifier, on circuits that anybody may have written.
bool function_pieces_known(const std::vector<std::int64_t>& parameters);

using Columns = std::vector<std::vector<std::int64_t>>;
// Three columns: key, base, slope; at most 2^16 rows, and as many values of f, or twice as many where there are low
// bits. Requires function_pieces_known.
Columns function_pieces(const std::vector<std::int64_t>& parameters);

constexpr unsigned kCorrectionBits = 8;  // of c where the output's range is declared

// y(z) of a table.
std::int64_t piece_value(const PieceParameters& parameters, const Columns& columns, std::int64_t z);

// The least and the largest c and y of all z.
struct PieceExtremes {
  std::int64_t least_correction = 0, largest_correction = 0;
  std::int64_t least = 0, largest = 0;
};
PieceExtremes piece_extremes(const PieceParameters& parameters, const Columns& columns);

// f(z * 2^input_scale) / 2^output_scale, saturated, in units of 2^-24: what tables are made from. output_bits > 0.
constexpr unsigned kGridFraction = 24;
class FunctionGrid {
 public:
  explicit FunctionGrid(const PieceParameters& parameters);
  std::int64_t operator()(std::int64_t z) const;

 private:
  FunctionValues values_;
  std::int64_t up_;
  std::int64_t low_, high_;
};

}  // namespace veil
