// Tables of smooth functions by pieces, computed in exact integer arithmetic: no libm and no floating point, so that
// the verifier, the prover and an auditor generate the same rows on every platform.
//
// A piece covers the integers z = key * 2^low_bits + low, 0 <= low < 2^low_bits, and stands for x = z * 2^input_scale:
//   y(z) = base[key] + floor((slope[key] * low + 2^(slope_shift-1)) / 2^slope_shift)  ~  f(x) / 2^output_scale
// slope is the chord of f over the piece; base is f at the piece's start, raised by half of the chord's deviation from
// f in the middle, so that the error is spread evenly. Where rounding would make y fall at the next piece's start, the
// slope is lowered until it does not: y is as increasing as f. low_bits = 0: slope = 0 and y = base.
#pragma once

#include <cstdint>
#include <vector>

namespace veil {

enum class SmoothFunction : std::int64_t {
  kSigmoid = 1,  // 1 / (1 + exp(-x)),           keys -2^(key_bits-1) .. 2^(key_bits-1) - 1
  kTanh = 2,     // tanh(x),                     the same keys
  kDecay = 3,    // 1 - exp(-x), for exp(-x) = 1 - y,  keys 0 .. 2^key_bits - 1
};

// {function, key_bits, low_bits, input_scale_log2, output_scale_log2, slope_shift}
struct PieceParameters {
  std::int64_t function = 0;
  std::int64_t key_bits = 0;
  std::int64_t low_bits = 0;
  std::int64_t input_scale_log2 = 0;
  std::int64_t output_scale_log2 = 0;
  std::int64_t slope_shift = 0;

  bool operator==(const PieceParameters&) const = default;
};
std::vector<std::int64_t> piece_list(const PieceParameters& parameters);

// Strict bounds on every parameter: this runs in the verifier, on circuits that anybody may have written.
bool function_pieces_known(const std::vector<std::int64_t>& parameters);
// Three columns: key, base, slope; all slopes are >= 0. Requires function_pieces_known.
std::vector<std::vector<std::int64_t>> function_pieces(const std::vector<std::int64_t>& parameters);

}  // namespace veil
