#include "circuit/function_table.h"

#include <algorithm>

#include "base/check.h"
#include "base/int128.h"

namespace veil {

namespace {

// Fixed point with kFraction fraction bits in 128-bit integers: products of two values <= 2 stay below 2^(2*61+2).
constexpr unsigned kFraction = 61;
constexpr Int128 kOne = Int128{1} << kFraction;

Int128 multiply(Int128 a, Int128 b) { return (a * b) >> kFraction; }
Int128 divide(Int128 a, Int128 b) { return (a << kFraction) / b; }  // |a| <= 2 kOne: below 2^124

// exp(-h) for h = 2^log2_h, -kFraction < log2_h <= 1, by its series; the terms fall below one unit after at most 40.
Int128 exp_of_minus_power(std::int64_t log2_h) {
  const Int128 h = log2_h >= 0 ? kOne << log2_h : kOne >> -log2_h;
  Int128 term = kOne;
  Int128 sum = kOne;
  for (int n = 1; term != 0; ++n) {
    term = multiply(term, h) / n;
    sum += n % 2 == 1 ? -term : term;
  }
  return sum;
}

// f at the points 0, h, 2h, ..., count of them, given exp(-h) (sigmoid, decay) or exp(-2h) (tanh).
std::vector<Int128> right_half(SmoothFunction function, Int128 step, std::size_t count) {
  std::vector<Int128> points;
  points.reserve(count);
  Int128 decay = kOne;
  for (std::size_t i = 0; i < count; ++i, decay = multiply(decay, step)) {
    switch (function) {
      case SmoothFunction::kSigmoid:
        points.push_back(divide(kOne, kOne + decay));
        break;
      case SmoothFunction::kTanh:
        points.push_back(divide(kOne - decay, kOne + decay));
        break;
      case SmoothFunction::kDecay:
        points.push_back(kOne - decay);
        break;
    }
  }
  return points;
}

// f at the ends and the middle of every piece, from the leftmost key on: 2 * pieces + 1 points.
std::vector<Int128> half_points(const PieceParameters& p) {
  const auto function = static_cast<SmoothFunction>(p.function);
  const bool both_sides = function != SmoothFunction::kDecay;
  const std::int64_t log2_h = p.low_bits + p.input_scale_log2 - 1;  // half the width of a piece
  const Int128 step = exp_of_minus_power(function == SmoothFunction::kTanh ? log2_h + 1 : log2_h);
  const std::size_t rows = std::size_t{1} << p.key_bits;
  std::vector<Int128> right = right_half(function, step, (both_sides ? rows : 2 * rows) + 1);
  if (!both_sides) return right;
  // f(-x) = f(0) * 2 - f(x): sigmoid(-x) = 1 - sigmoid(x), tanh(-x) = -tanh(x).
  std::vector<Int128> points;
  points.reserve(2 * rows + 1);
  for (std::size_t i = right.size(); i-- > 1;) points.push_back(2 * right[0] - right[i]);
  points.insert(points.end(), right.begin(), right.end());
  return points;
}

// value * 2^shift, in units of 2^-kFraction, to the nearest integer, half up.
std::int64_t to_integer_units(Int128 value, std::int64_t shift) {
  const auto down = static_cast<unsigned>(static_cast<std::int64_t>(kFraction) - shift);
  return static_cast<std::int64_t>((value + (Int128{1} << (down - 1))) >> down);
}

bool within(std::int64_t value, std::int64_t low, std::int64_t high) { return low <= value && value <= high; }

// The piece's last value, base + floor((slope * last + 2^(g-1)) / 2^g), must not exceed the next base:
//   slope * last < 2^g (next - base + 1) - 2^(g-1)
void limit_slopes(const PieceParameters& p, std::vector<std::vector<std::int64_t>>& columns) {
  if (p.low_bits == 0) return;
  const std::int64_t last = (std::int64_t{1} << p.low_bits) - 1;
  const std::int64_t half = std::int64_t{1} << (p.slope_shift - 1);
  for (std::size_t row = 0; row + 1 < columns[0].size(); ++row) {
    const std::int64_t room = std::max<std::int64_t>(columns[1][row + 1] - columns[1][row], 0);
    const std::int64_t most = (((room + 1) << p.slope_shift) - half - 1) / last;
    columns[2][row] = std::min(columns[2][row], most);
  }
}

PieceParameters as_pieces(const std::vector<std::int64_t>& list) {
  return PieceParameters{list[0], list[1], list[2], list[3], list[4], list[5]};
}

}  // namespace

std::vector<std::int64_t> piece_list(const PieceParameters& p) {
  return {p.function, p.key_bits, p.low_bits, p.input_scale_log2, p.output_scale_log2, p.slope_shift};
}

// With these bounds: every point is in [-1, 1] * kOne; slope <= 2^(input - output + shift) <= 2^30; the shifts of
// to_integer_units lie in [1, kFraction + 24].
bool function_pieces_known(const std::vector<std::int64_t>& parameters) {
  if (parameters.size() != 6) return false;
  const PieceParameters p = as_pieces(parameters);
  if (!within(p.function, 1, 3) || !within(p.key_bits, 6, 12) || !within(p.low_bits, 0, 12)) return false;
  if (!within(p.input_scale_log2, -24, 0) || !within(p.output_scale_log2, -24, 0)) return false;
  if (!within(p.slope_shift, 0, 16) || (p.low_bits == 0) != (p.slope_shift == 0)) return false;
  if (p.low_bits + p.input_scale_log2 > 1) return false;  // a piece is at most 2 wide
  return p.input_scale_log2 - p.output_scale_log2 + p.slope_shift <= 30;
}

std::vector<std::vector<std::int64_t>> function_pieces(const std::vector<std::int64_t>& parameters) {
  VEIL_CHECK(function_pieces_known(parameters));
  const PieceParameters p = as_pieces(parameters);
  const std::vector<Int128> points = half_points(p);
  const std::size_t rows = std::size_t{1} << p.key_bits;
  const bool both_sides = static_cast<SmoothFunction>(p.function) != SmoothFunction::kDecay;
  const std::int64_t first_key = both_sides ? -static_cast<std::int64_t>(rows / 2) : 0;
  std::vector<std::vector<std::int64_t>> columns(3);
  for (std::size_t row = 0; row < rows; ++row) {
    const Int128 start = points[2 * row];
    const Int128 end = points[2 * row + 2];
    const Int128 raise = p.low_bits == 0 ? Int128{0} : (2 * points[2 * row + 1] - start - end) / 4;
    const std::int64_t slope =
        p.low_bits == 0 ? 0 : to_integer_units(end - start, p.slope_shift - p.low_bits - p.output_scale_log2);
    columns[0].push_back(first_key + static_cast<std::int64_t>(row));
    columns[1].push_back(to_integer_units(start + raise, -p.output_scale_log2));
    columns[2].push_back(std::max<std::int64_t>(slope, 0));
  }
  limit_slopes(p, columns);
  return columns;
}

}  // namespace veil
