#include "quant/function_choice.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

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

bool has_own_scale(SmoothFunction function) {
  return function == SmoothFunction::kSigmoid || function == SmoothFunction::kTanh ||
         function == SmoothFunction::kDecay;
}

namespace {

constexpr std::int64_t kByte = 8;  // of the low part and of the slope's fraction

// f at every integer of the range, in units of 2^-kGridFraction of the output's.
std::vector<std::int64_t> values_between(const PieceParameters& p, std::int64_t low, std::int64_t high) {
  const FunctionGrid grid(p);
  std::vector<std::int64_t> values;
  values.reserve(static_cast<std::size_t>(high - low + 1));
  for (std::int64_t z = low; z <= high; ++z) values.push_back(grid(z));
  return values;
}

double largest_error(const PieceParameters& p, const Columns& columns, std::int64_t low,
                     const std::vector<std::int64_t>& values) {
  std::int64_t worst = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::int64_t y = piece_value(p, columns, low + static_cast<std::int64_t>(i));
    worst = std::max(worst, std::abs(y * (std::int64_t{1} << kGridFraction) - values[i]));
  }
  return std::ldexp(static_cast<double>(worst), -static_cast<int>(kGridFraction));
}

}  // namespace

Result<std::int64_t> function_parameter(double value) {
  const double scaled = std::ldexp(value, kParameterFraction);
  if (!(std::fabs(scaled) <= static_cast<double>(kMostParameter)))
    return Error{"its parameter is not within -64 .. 64"};
  return static_cast<std::int64_t>(std::floor(scaled + 0.5));
}

Result<TableChoice> choose_table(const TableRequest& request) {
  const auto bits = static_cast<std::int64_t>(request.bits);
  PieceParameters p{static_cast<std::int64_t>(request.function),
                    bits,
                    0,
                    request.input_scale_log2,
                    request.output_scale_log2,
                    0,
                    bits,
                    request.alpha,
                    request.gamma};
  if (!function_pieces_known(piece_list(p))) return Error{"its table is not one of those that are known"};
  const std::int64_t end = std::int64_t{1} << (bits - 1);
  if (request.low > request.high || request.low < -end || request.high >= end) {
    return Error{"its input does not fit its table"};
  }
  const std::vector<std::int64_t> values = values_between(p, request.low, request.high);
  for (p.low_bits = std::min(bits - 4, kByte); p.low_bits > 0; --p.low_bits) {
    p.key_bits = bits - p.low_bits;
    p.slope_shift = kByte;
    const Columns columns = function_pieces(piece_list(p));
    const double error = largest_error(p, columns, request.low, values);
    if (error <= request.tolerable_error) return TableChoice{p, error};
  }
  p.key_bits = bits;
  p.slope_shift = 0;
  return TableChoice{p, largest_error(p, function_pieces(piece_list(p)), request.low, values)};
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
