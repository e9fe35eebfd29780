#include "quant/function_choice.h"

#include <gtest/gtest.h>

#include <cmath>

namespace veil {
namespace {

constexpr std::int64_t kOneParameter = std::int64_t{1} << kParameterFraction;

// Largest distance from f, which is given in real numbers, over the wanted integers.
template <class Function>
double measured(const TableRequest& request, const PieceParameters& p, Function f) {
  const Columns columns = function_pieces(piece_list(p));
  const long double end = std::ldexp(1.0L, static_cast<int>(request.bits - 1));
  long double worst = 0;
  for (std::int64_t z = request.low; z <= request.high; ++z) {
    const long double x = std::ldexp(static_cast<long double>(z), static_cast<int>(request.input_scale_log2));
    const long double wanted =
        std::clamp(std::ldexp(f(x), -static_cast<int>(request.output_scale_log2)), -end, end - 1);
    worst = std::max(worst, std::fabs(wanted - static_cast<long double>(piece_value(p, columns, z))));
  }
  return static_cast<double>(worst);
}

template <class Function>
void expect_least(const TableRequest& request, std::int64_t key_bits, Function f) {
  const auto choice = choose_table(request);
  ASSERT_TRUE(choice.ok()) << choice.error().message;
  const PieceParameters& p = choice->parameters;
  EXPECT_EQ(p.key_bits, key_bits);
  EXPECT_EQ(p.key_bits + p.low_bits, static_cast<std::int64_t>(request.bits));
  EXPECT_NEAR(choice->largest_error, measured(request, p, f), 1e-6);
  if (p.low_bits == 0) {
    EXPECT_LE(choice->largest_error, 0.5001);
  } else {
    EXPECT_LE(choice->largest_error, request.tolerable_error);
    const PieceExtremes extremes = piece_extremes(p, function_pieces(piece_list(p)));
    EXPECT_GE(extremes.least_correction, -128);
    EXPECT_LT(extremes.largest_correction, extremes.least_correction < 0 ? 128 : 256);
  }
  if (p.low_bits == 8 || p.key_bits == 4) return;
  PieceParameters fewer = p;
  --fewer.key_bits;
  ++fewer.low_bits;
  fewer.slope_shift = 8;
  EXPECT_GT(measured(request, fewer, f), request.tolerable_error) << "half as many rows are enough";
}

TEST(TableChoice, HasTheFewestRows) {
  expect_least({SmoothFunction::kSigmoid, 0, 0, -32768, 32767, -12, -14, 16}, 9,
               [](long double x) { return 1 / (1 + std::exp(-x)); });
  expect_least({SmoothFunction::kSwish, kOneParameter, 0, -16384, 16384, -12, -12, 16}, 10,
               [](long double x) { return x / (1 + std::exp(-x)); });
  expect_least({SmoothFunction::kExp, 0, 0, -2048, 2047, -9, -5, 12}, 7, [](long double x) { return std::exp(x); });
  expect_least({SmoothFunction::kCos, 0, 0, -2048, 2047, -8, -10, 12}, 8, [](long double x) { return std::cos(x); });
  expect_least({SmoothFunction::kPower, 2 * kOneParameter, 0, -128, 127, -5, -2, 8}, 4,
               [](long double x) { return x * x; });
}

// What the function does outside of the wanted range does not matter; near the pole every value has its row.
TEST(TableChoice, NearAPole) {
  const auto logarithm = [](long double x) { return std::log(x); };
  expect_least({SmoothFunction::kLog, 0, 0, 204, 16384, -11, -12, 16}, 13, logarithm);
  expect_least({SmoothFunction::kLog, 0, 0, 1, 16384, -11, -12, 16}, 16, logarithm);
  expect_least({SmoothFunction::kReciprocal, 0, 0, 1, 2047, -6, -5, 12}, 12, [](long double x) { return 1 / x; });
  expect_least({SmoothFunction::kReciprocal, 0, 0, 1024, 2047, -6, -12, 12}, 6, [](long double x) { return 1 / x; });
}

TEST(TableChoice, Parameters) {
  EXPECT_EQ(function_parameter(1).value(), kOneParameter);
  EXPECT_EQ(function_parameter(-0.25).value(), -kOneParameter / 4);
  EXPECT_EQ(function_parameter(1.67326319217681884765625).value(), 7186610688);
  EXPECT_EQ(function_parameter(64).value(), kMostParameter);
  for (const double bad : {64.1, -1e300, std::nan(""), HUGE_VAL}) EXPECT_FALSE(function_parameter(bad).ok());
}

TEST(TableChoice, RefusesWhatNoTableHolds) {
  const TableRequest good{SmoothFunction::kTanh, 0, 0, -100, 100, -5, -7, 8};
  EXPECT_TRUE(choose_table(good).ok());
  const auto refused = [&](auto change) {
    TableRequest request = good;
    change(request);
    EXPECT_FALSE(choose_table(request).ok());
  };
  refused([](TableRequest& r) { r.bits = 7; });
  refused([](TableRequest& r) { r.bits = 17; });
  refused([](TableRequest& r) { r.high = 128; });
  refused([](TableRequest& r) { r.low = -129; });
  refused([](TableRequest& r) { r.low = 101; });
  refused([](TableRequest& r) { r.alpha = 1; });
  refused([](TableRequest& r) { r.input_scale_log2 = 25; });
  refused([](TableRequest& r) { r.output_scale_log2 = -33; });
  refused([](TableRequest& r) { r.function = SmoothFunction::kDecay; });
  refused([](TableRequest& r) { r.function = static_cast<SmoothFunction>(99); });
}

}  // namespace
}  // namespace veil
