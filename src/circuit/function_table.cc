#include "circuit/function_table.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/check.h"
#include "base/int128.h"

namespace veil {

namespace {

// Values of f at the start, the middle and the end of every piece, from the leftmost key on. With low bits, one piece
// ends where the next one starts: at[2 row], at[2 row + 1], at[2 row + 2].
struct Points {
  std::vector<Int128> at;
  unsigned fraction = 0;   // one output unit is 2^fraction
  std::size_t stride = 2;  // of the starts
};

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
      default:
        points.push_back(kOne - decay);
        break;
    }
  }
  return points;
}

std::vector<Int128> exponential_points(const PieceParameters& p) {
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

bool is_bounded(const PieceParameters& p) { return p.output_bits != 0; }

std::int64_t first_key(const PieceParameters& p) {
  const bool one_sided = static_cast<SmoothFunction>(p.function) == SmoothFunction::kDecay;
  return one_sided ? 0 : -(std::int64_t{1} << (p.key_bits - 1));
}

Points bounded_points(const PieceParameters& p) {
  const FunctionGrid grid(p);
  const std::size_t rows = std::size_t{1} << p.key_bits;
  Points points{{}, kGridFraction, p.low_bits == 0 ? std::size_t{1} : std::size_t{2}};
  points.at.resize(p.low_bits == 0 ? rows : 2 * rows + 1);
  const std::int64_t step = p.low_bits == 0 ? 1 : std::int64_t{1} << (p.low_bits - 1);
  std::int64_t z = first_key(p) * (std::int64_t{1} << p.low_bits);
  for (Int128& point : points.at) {
    point = grid(z);
    z += step;
  }
  return points;
}

Points points_of(const PieceParameters& p) {
  if (is_bounded(p)) return bounded_points(p);
  return Points{exponential_points(p),
                static_cast<unsigned>(static_cast<std::int64_t>(kFraction) + p.output_scale_log2)};
}

// ---- from points to rows

struct Range {
  std::int64_t low, high;
};

// value / 2^down to the nearest integer, half up
std::int64_t rounded(Int128 value, unsigned down) {
  return static_cast<std::int64_t>((value + (Int128{1} << (down - 1))) >> down);
}

bool within(std::int64_t value, std::int64_t low, std::int64_t high) { return low <= value && value <= high; }

std::vector<std::int64_t> bases(const PieceParameters& p, const Points& points) {
  std::vector<std::int64_t> out(std::size_t{1} << p.key_bits);
  for (std::size_t row = 0; row < out.size(); ++row) {
    const Int128* at = &points.at[points.stride * row];
    const Int128 raise = p.low_bits == 0 ? 0 : (2 * at[1] - at[0] - at[2]) / 4;
    out[row] = rounded(at[0] + raise, points.fraction);
  }
  return out;
}

std::vector<std::int64_t> chords(const PieceParameters& p, const Points& points) {
  std::vector<std::int64_t> out(std::size_t{1} << p.key_bits, 0);
  if (p.low_bits == 0) return out;
  const auto down = static_cast<unsigned>(static_cast<std::int64_t>(points.fraction) + p.low_bits - p.slope_shift);
  for (std::size_t row = 0; row < out.size(); ++row) {
    out[row] = rounded(points.at[2 * row + 2] - points.at[2 * row], down);
  }
  return out;
}

struct Limits {
  Range values;       // of y
  Range corrections;  // of c
};

// y lies between the least and the largest of the points, c is a byte, and bases of a monotone function are monotone.
Limits bound_bases(const Points& points, std::vector<std::int64_t>& base) {
  const auto [least, largest] = std::minmax_element(points.at.begin(), points.at.end());
  const Range values{rounded(*least, points.fraction), rounded(*largest, points.fraction)};
  for (std::int64_t& value : base) value = std::clamp(value, values.low, values.high);
  const bool increasing = std::is_sorted(points.at.begin(), points.at.end());
  const bool decreasing = std::is_sorted(points.at.rbegin(), points.at.rend());
  for (std::size_t row = 1; row < base.size() && increasing != decreasing; ++row) {
    base[row] = increasing ? std::max(base[row], base[row - 1]) : std::min(base[row], base[row - 1]);
  }
  constexpr std::int64_t kByte = std::int64_t{1} << kCorrectionBits;
  return {values, increasing ? Range{0, kByte - 1} : Range{-kByte / 2, kByte / 2 - 1}};
}

// The slope nearest to the given one with  -below <= floor((slope * last + 2^(g-1)) / 2^g) <= above:
//   slope * last < 2^g (above + 1) - 2^(g-1)      slope * last >= -2^g below - 2^(g-1)
std::int64_t limited(std::int64_t slope, const PieceParameters& p, std::int64_t below, std::int64_t above) {
  const std::int64_t last = (std::int64_t{1} << p.low_bits) - 1;
  const std::int64_t half = std::int64_t{1} << (p.slope_shift - 1);
  const std::int64_t one = std::int64_t{1} << p.slope_shift;
  return std::clamp(slope, -((one * below + half) / last), (one * (above + 1) - half - 1) / last);
}

// No piece leaves the limits, and none passes the next one's base where it moves towards it.
void limit_slopes(const PieceParameters& p, const Limits& limits, const std::vector<std::int64_t>& base,
                  std::vector<std::int64_t>& slope) {
  for (std::size_t row = 0; row < base.size() && p.low_bits > 0; ++row) {
    std::int64_t below = std::min(base[row] - limits.values.low, -limits.corrections.low);
    std::int64_t above = std::min(limits.values.high - base[row], limits.corrections.high);
    if (row + 1 < base.size()) {
      const std::int64_t step = base[row + 1] - base[row];
      below = std::min(below, std::max<std::int64_t>(-step, 0));
      above = std::min(above, std::max<std::int64_t>(step, 0));
    }
    slope[row] = limited(slope[row], p, below, above);
  }
}

PieceParameters as_pieces(const std::vector<std::int64_t>& list) {
  PieceParameters p{list[0], list[1], list[2], list[3], list[4], list[5]};
  if (list.size() == 9) {
    p.output_bits = list[6];
    p.alpha = list[7];
    p.gamma = list[8];
  }
  return p;
}

// With these bounds: every point is in [-1, 1] * kOne; slope <= 2^(input - output + shift) <= 2^30; the shifts of
// rounded lie in [1, kFraction + 24].
bool unbounded_known(const PieceParameters& p) {
  if (!within(p.function, 1, 3) || !within(p.key_bits, 6, 12) || !within(p.low_bits, 0, 12)) return false;
  if (!within(p.input_scale_log2, -24, 0) || !within(p.output_scale_log2, -24, 0)) return false;
  if (!within(p.slope_shift, 0, 16) || (p.low_bits == 0) != (p.slope_shift == 0)) return false;
  if (p.low_bits + p.input_scale_log2 > 1) return false;  // a piece is at most 2 wide
  return p.input_scale_log2 - p.output_scale_log2 + p.slope_shift <= 30;
}

// Points are below 2^(15 + 24) in magnitude, slopes below 2^(16 + 16); |z| <= 2^15.
bool bounded_known(const PieceParameters& p) {
  if (p.function == static_cast<std::int64_t>(SmoothFunction::kDecay)) return false;
  if (!function_known({p.function, p.alpha, p.gamma})) return false;
  if (!within(p.key_bits, 4, 16) || !within(p.low_bits, 0, 12) || !within(p.key_bits + p.low_bits, 8, 16)) return false;
  if (!within(p.input_scale_log2, -40, 24) || !within(p.output_scale_log2, -32, 32)) return false;
  if (!within(p.slope_shift, 0, 16) || (p.low_bits == 0) != (p.slope_shift == 0)) return false;
  return within(p.output_bits, 4, 16);
}

}  // namespace

FunctionGrid::FunctionGrid(const PieceParameters& p)
    : values_({p.function, p.alpha, p.gamma}, p.input_scale_log2),
      up_(static_cast<std::int64_t>(kGridFraction) - p.output_scale_log2),
      low_(-(std::int64_t{1} << (p.output_bits - 1 + kGridFraction))),
      high_(((std::int64_t{1} << (p.output_bits - 1)) - 1) << kGridFraction) {}

std::int64_t FunctionGrid::operator()(std::int64_t z) const {
  return nearest_within(times_power_of_two(values_(z), up_), low_, high_);
}

std::vector<std::int64_t> piece_list(const PieceParameters& p) {
  std::vector<std::int64_t> list{p.function,         p.key_bits,          p.low_bits,
                                 p.input_scale_log2, p.output_scale_log2, p.slope_shift};
  if (is_bounded(p) || p.alpha != 0 || p.gamma != 0) list.insert(list.end(), {p.output_bits, p.alpha, p.gamma});
  return list;
}

bool function_pieces_known(const std::vector<std::int64_t>& parameters) {
  if (parameters.size() == 6) return unbounded_known(as_pieces(parameters));
  return parameters.size() == 9 && bounded_known(as_pieces(parameters));
}

Columns function_pieces(const std::vector<std::int64_t>& parameters) {
  VEIL_CHECK(function_pieces_known(parameters));
  const PieceParameters p = as_pieces(parameters);
  const Points points = points_of(p);
  std::vector<std::int64_t> base = bases(p, points);
  std::vector<std::int64_t> slope = chords(p, points);
  constexpr std::int64_t kFar = std::int64_t{1} << 40;
  const Limits limits = is_bounded(p) ? bound_bases(points, base) : Limits{{-kFar, kFar}, {-kFar, kFar}};
  limit_slopes(p, limits, base, slope);
  std::vector<std::int64_t> keys(base.size());
  std::iota(keys.begin(), keys.end(), first_key(p));
  return {std::move(keys), std::move(base), std::move(slope)};
}

namespace {

std::int64_t correction(const PieceParameters& p, std::int64_t slope, std::int64_t low) {
  if (p.low_bits == 0) return 0;
  return (slope * low + (std::int64_t{1} << (p.slope_shift - 1))) >> p.slope_shift;
}

}  // namespace

std::int64_t piece_value(const PieceParameters& p, const Columns& columns, std::int64_t z) {
  const std::int64_t key = z >> p.low_bits;
  const auto row = static_cast<std::size_t>(key - columns[0][0]);
  return columns[1][row] + correction(p, columns[2][row], z - key * (std::int64_t{1} << p.low_bits));
}

PieceExtremes piece_extremes(const PieceParameters& p, const Columns& columns) {
  const std::int64_t last = (std::int64_t{1} << p.low_bits) - 1;
  PieceExtremes out{0, 0, columns[1][0], columns[1][0]};
  for (std::size_t row = 0; row < columns[0].size(); ++row) {
    const std::int64_t base = columns[1][row];
    const std::int64_t end = correction(p, columns[2][row], last);
    out.least_correction = std::min(out.least_correction, end);
    out.largest_correction = std::max(out.largest_correction, end);
    out.least = std::min({out.least, base, base + end});
    out.largest = std::max({out.largest, base, base + end});
  }
  return out;
}

}  // namespace veil
