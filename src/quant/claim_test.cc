#include "quant/claim.h"

#include <gtest/gtest.h>

#include <random>

#include "base/int128.h"

namespace veil {
namespace {

const OutputNames kThree{"probabilities", 3, {"cat", "dog", "a \"bird"}};
const OutputNames kTwo{"out", 2, {}};
const OutputNames kOne{"dense:0", 1, {}};

std::string text_of(const std::string& claim, const OutputNames& names, std::int32_t scale = -4) {
  const auto parsed = parse_claim(claim, names);
  if (!parsed) return parsed.error().message;
  return claim_text(*parsed, names, scale).value();
}

TEST(Claim, IsReadAndPrintedCanonically) {
  EXPECT_EQ(text_of("score >= 0.75", kOne), "dense:0[0] >= 0.75 (integer >= 12, unit 2^-4)");
  EXPECT_EQ(text_of("score>=.750", kTwo), "out[1] >= 0.75 (integer >= 12, unit 2^-4)");
  EXPECT_EQ(text_of("0.75 <= score", kTwo), "out[1] >= 0.75 (integer >= 12, unit 2^-4)");
  EXPECT_EQ(text_of("dense:0 < -1e1", kOne), "dense:0[0] < -10 (integer <= -161, unit 2^-4)");
  EXPECT_EQ(text_of("  y [ 2 ] > 0.3  ", kThree), "probabilities[2] > 0.3 (integer >= 5, unit 2^-4)");
  EXPECT_EQ(
      text_of("0.2 <= probabilities[1] < 0.4 and argmax == 1", kThree),
      "probabilities[1] >= 0.2 (integer >= 4, unit 2^-4) and probabilities[1] < 0.4 (integer <= 6, unit 2^-4) and "
      "argmax(probabilities) == 1 ('dog')");
  EXPECT_EQ(text_of("argmax == \"cat\"", kThree), "argmax(probabilities) == 0 ('cat')");
  EXPECT_EQ(text_of("output[0] <= +2.5E-1", kTwo), "out[0] <= 0.25 (integer <= 4, unit 2^-4)");
  EXPECT_EQ(text_of("0 < y < 1", kOne, 3),
            "dense:0[0] > 0 (integer >= 1, unit 2^3) and dense:0[0] < 1 (integer <= 0, unit 2^3)");
}

TEST(Claim, RefusesWithASentence) {
  for (const char* bad : {"",
                          "score",
                          "score >=",
                          ">= 1",
                          "score >= 1 and",
                          "score >= 1 or score < 2",
                          "score == 1",
                          "score = 1",
                          "y[0] < y[1]",
                          "1 < 2",
                          "y[0",
                          "y[]",
                          "y[-1] > 0",
                          "y[0] >= 1.2.3",
                          "y[0] >= 1e",
                          "y[0] >= 0x10",
                          "y[0] >= nan",
                          "y[0] >= inf",
                          "y[0] >= 1234567890123456789",
                          "y[0] >= 1e-19",
                          "y[0] >= 1e400",
                          "argmax == 3",
                          "argmax == \"cow\"",
                          "argmax == \"cat",
                          "argmax > 1",
                          "argmax",
                          "unknown[0] > 1",
                          "y[3] > 0",
                          "y[99999999999999999999] > 0",
                          "y > 0",
                          "score > 0",
                          "y[0] > 0 y[1] > 0"}) {
    const auto parsed = parse_claim(bad, kThree);
    ASSERT_FALSE(parsed.ok()) << bad;
    EXPECT_GT(parsed.error().message.size(), 20u) << bad;
  }
  EXPECT_FALSE(parse_claim("argmax == 0", kOne).ok());
  EXPECT_FALSE(parse_claim(std::string(5000, ' '), kOne).ok());
}

TEST(Claim, DecimalsAreExact) {
  EXPECT_EQ(parse_decimal("0.10").value(), (Decimal{1, 1}));
  EXPECT_EQ(parse_decimal("-00012.5000e1").value(), (Decimal{-125, 0}));
  EXPECT_EQ(parse_decimal("1e-18").value(), (Decimal{1, 18}));
  EXPECT_EQ(parse_decimal("999999999999999999").value(), (Decimal{999999999999999999, 0}));
  EXPECT_EQ(parse_decimal("-0").value(), Decimal{});
  EXPECT_EQ(decimal_text(Decimal{-5, 3}), "-0.005");
  EXPECT_EQ(decimal_text(Decimal{12345, 2}), "123.45");
}

// y 2^s >= N / 10^k, on integers: y 2^s 10^k >= N.
TEST(Claim, IntegerBoundsAreExact) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 20000; ++i) {
    const unsigned decimals = static_cast<unsigned>(random() % 7);
    const auto numerator = static_cast<std::int64_t>(random() % 2000000) - 1000000;
    const auto scale = static_cast<std::int32_t>(random() % 24) - 18;
    const auto comparison = static_cast<Comparison>(random() % 4);
    const Threshold threshold{0, comparison, Decimal{numerator, decimals}};
    const IntegerBound bound = integer_bound(threshold, scale).value();
    Int128 power = 1;
    for (unsigned d = 0; d < decimals; ++d) power *= 10;
    for (std::int64_t off = -2; off <= 2; ++off) {
      const std::int64_t y = bound.bound + off;
      const Int128 left = Int128{y} * power * (scale > 0 ? Int128{1} << scale : 1);
      const Int128 right = Int128{numerator} * (scale < 0 ? Int128{1} << -scale : 1);
      const bool wanted = comparison == Comparison::kLess        ? left < right
                          : comparison == Comparison::kLessEqual ? left <= right
                          : comparison == Comparison::kGreater   ? left > right
                                                                 : left >= right;
      EXPECT_EQ(bound.at_least ? y >= bound.bound : y <= bound.bound, wanted);
    }
  }
  EXPECT_FALSE(integer_bound(Threshold{0, Comparison::kLess, Decimal{1, 0}}, -61).ok());
}

TEST(Claim, LowestIndexWinsATie) {
  const Claim claim = parse_claim("argmax == 1", kThree).value();
  EXPECT_TRUE(claim_holds(claim, 0, {1, 5, 5}, {1, 5, 5}).value());
  EXPECT_FALSE(claim_holds(claim, 0, {5, 5, 1}, {5, 5, 1}).value());
  EXPECT_FALSE(claim_holds(claim, 0, {1, 5, 5}, {9, 5, 5}).value());  // of a softmax: over its logits
}

}  // namespace
}  // namespace veil
