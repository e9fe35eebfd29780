#include "quant/function_choice.h"

#include <algorithm>

#include "base/check.h"

namespace veil {

namespace {

// 1 - exp(-x) on [0, 16): the non-negative integers of `bits` bits, in pieces of 1/32.
PieceParameters choose_decay(unsigned bits) {
  PieceParameters p;
  p.function = static_cast<std::int64_t>(SmoothFunction::kDecay);
  p.key_bits = std::min<std::int64_t>(bits - 1, 9);
  p.low_bits = bits - 1 - p.key_bits;
  p.input_scale_log2 = 4 - static_cast<std::int64_t>(bits - 1);
  p.output_scale_log2 = bits >= 10 ? -13 : -7;
  p.slope_shift = p.low_bits == 0 ? 0 : 8;
  VEIL_CHECK(function_pieces_known(piece_list(p)));
  return p;
}

}  // namespace

// The domain [-2^r, 2^r) is as narrow as the bits ask for: beyond it the function is constant to about the output's
// precision, and within it the input's steps are fine. A piece may raise y by at most 255 units (one byte limb):
// piece width * largest slope <= 2^8 output units.
//
//   bits      sigmoid: domain, output unit     tanh: domain, output unit
//   14 .. 16  [-16, 16), 2^-14                 [-8, 8), 2^-13     512 pieces of 1/16 (sigmoid), 1/32 (tanh)
//   10 .. 13  [-8, 8),   2^-13                 [-4, 4), 2^-12     256 pieces of 1/16, 1/32
//   8, 9      [-8, 8),   2^-8                  [-4, 4), 2^-7      256 pieces; at 8 bits each of one integer
PieceParameters choose_function(SmoothFunction function, unsigned bits) {
  VEIL_CHECK(bits >= 8 && bits <= 16);
  if (function == SmoothFunction::kDecay) return choose_decay(bits);
  const bool sigmoid = function == SmoothFunction::kSigmoid;
  const bool fine = bits >= 14;
  PieceParameters p;
  p.function = static_cast<std::int64_t>(function);
  p.key_bits = fine ? 9 : 8;
  p.low_bits = bits - p.key_bits;
  const std::int64_t domain_log2 = (sigmoid ? 3 : 2) + (fine ? 1 : 0);
  p.input_scale_log2 = domain_log2 - static_cast<std::int64_t>(bits - 1);
  p.output_scale_log2 = (fine ? -13 : bits >= 10 ? -12 : -7) - (sigmoid ? 1 : 0);
  p.slope_shift = p.low_bits == 0 ? 0 : 8;
  VEIL_CHECK(function_pieces_known(piece_list(p)));
  return p;
}

// exp(-x) on [0, 16), zero beyond (16 is 2^-23): pieces of 1/32, where one raises by at most 2^exp_bits / 32 = 256
// units.
Result<SoftmaxOp> choose_softmax(std::int32_t scale_log2, unsigned bits) {
  SoftmaxOp op;
  op.input_scale_log2 = scale_log2;
  const std::int64_t domain_bits = 4 - scale_log2;  // distances of 0 .. 2^domain_bits - 1 units
  op.key_bits = std::clamp<std::int64_t>(domain_bits, 6, 9);
  op.low_bits = domain_bits - op.key_bits;
  if (op.low_bits < 0) op.low_bits = 0;
  if (op.low_bits > 12) return Error{"its logits are too small for a softmax table"};
  if (scale_log2 > -2) return Error{"its logits are too large for a softmax table"};
  op.slope_shift = op.low_bits == 0 ? 0 : 8;
  op.exp_bits = 13;
  op.probability_bits = bits >= 14 ? 14 : 12;
  return op;
}

}  // namespace veil
