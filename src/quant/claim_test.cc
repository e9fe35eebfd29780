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

using Integers = std::vector<std::int64_t>;

TEST(Claim, LowestIndexWinsATie) {
  const Claim claim = parse_claim("argmax == 1", kThree).value();
  const auto holds = [&](const Integers& output, const Integers& ranked) {
    return claim_holds(claim, 0, output, ranked).value();
  };
  EXPECT_TRUE(holds({1, 5, 5}, {1, 5, 5}));
  EXPECT_FALSE(holds({5, 5, 1}, {5, 5, 1}));
  EXPECT_FALSE(holds({1, 5, 5}, {9, 5, 5}));  // of a softmax: over its logits
}

const OutputNames kFourRows{"p", 2, {"no", "yes"}, 4};

TEST(ClaimOfRows, IsReadAndPrintedCanonically) {
  EXPECT_EQ(text_of("all(score >= 0.75)", kFourRows), "all(p[1] >= 0.75 (integer >= 12, unit 2^-4)) of 4 rows");
  EXPECT_EQ(text_of("3 <= count ( 0.25 < y[0] <= 1 and argmax == \"no\" ) ", kFourRows),
            "count(p[0] > 0.25 (integer >= 5, unit 2^-4) and p[0] <= 1 (integer <= 16, unit 2^-4) and argmax(p) == 0 "
            "('no')) >= 3 of 4 rows");
  EXPECT_EQ(text_of("count(score < 0.5) < 2.5", kFourRows),
            "count(p[1] < 0.5 (integer <= 7, unit 2^-4)) <= 2 of 4 rows");
  EXPECT_EQ(text_of("0.1 <= mean(score) < 0.3", kFourRows),
            "mean(p[1]) >= 0.1 (integers' sum >= 7, unit 2^-4) of 4 rows and mean(p[1]) < 0.3 (integers' sum <= 19, "
            "unit 2^-4) of 4 rows");
  EXPECT_EQ(text_of("sum(p[0]) > -2.5 and all(argmax == 1)", kFourRows),
            "sum(p[0]) > -2.5 (integers' sum >= -39, unit 2^-4) of 4 rows and all(argmax(p) == 1 ('yes')) of 4 rows");
  // A model's output may have such a name.
  EXPECT_EQ(text_of("sum > 1", OutputNames{"sum", 1, {}}), "sum[0] > 1 (integer >= 17, unit 2^-4)");
}

TEST(ClaimOfRows, RefusesWithASentence) {
  for (const char* bad : {"score >= 0.5",
                          "argmax == 1",
                          "all(score)",
                          "all(score >= 0.5",
                          "all()",
                          "all(all(score >= 0.5))",
                          "all(count(score >= 0.5) > 1)",
                          "count(score >= 0.5)",
                          "count(score >= 0.5) >= count(score >= 0.6)",
                          "count(mean(score) >= 0.5) > 1",
                          "mean(score)",
                          "mean(0.5) > 1",
                          "mean(score >= 0.5) > 1",
                          "mean(score > 1",
                          "sum(mean(score)) > 1",
                          "1 < 2",
                          "all(y[2] > 0)",
                          "count(score > 0) >= mean(score)",
                          "mean(argmax == 1) > 0",
                          "all(score >= 0.5) or all(score < 0.5)",
                          "all(1 < 2)"}) {
    const auto parsed = parse_claim(bad, kFourRows);
    ASSERT_FALSE(parsed.ok()) << bad;
    EXPECT_GT(parsed.error().message.size(), 20u) << bad;
  }
  for (const char* bad : {"all(score >= 0.5)", "count(score >= 0.5) >= 1", "mean(score) > 0", "sum(score) > 0"}) {
    const auto parsed = parse_claim(bad, kTwo);
    ASSERT_FALSE(parsed.ok()) << bad;
    EXPECT_NE(parsed.error().message.find("--batch"), std::string::npos) << parsed.error().message;
  }
}

// On integers at 2^-4: rows (no, yes).
TEST(ClaimOfRows, IsTrueOfTheRowsItSays) {
  const Integers rows{4, 12, 9, 7, 8, 8, 0, 16};
  const std::vector<double> real{4 / 16., 12 / 16., 9 / 16., 7 / 16., 8 / 16., 8 / 16., 0, 1};
  const auto holds = [&](const char* text) {
    const Claim claim = parse_claim(text, kFourRows).value();
    const bool integers = claim_holds(claim, -4, rows, rows).value();
    EXPECT_EQ(claim_holds_real(claim, real), integers) << text;
    return integers;
  };
  EXPECT_TRUE(holds("all(score >= 0.4375)"));
  EXPECT_FALSE(holds("all(score > 0.4375)"));
  EXPECT_TRUE(holds("count(score > 0.4375) >= 3"));
  EXPECT_FALSE(holds("count(score > 0.4375) > 3"));
  EXPECT_TRUE(holds("count(argmax == 0) <= 2"));  // the tie is class 0
  EXPECT_FALSE(holds("count(argmax == 0) < 2"));
  EXPECT_TRUE(holds("count(argmax == 1 and score < 1) >= 1"));
  EXPECT_FALSE(holds("count(argmax == 1 and score < 1) >= 2"));
  EXPECT_TRUE(holds("mean(score) >= 0.671875"));  // 43 / 64, exactly
  EXPECT_FALSE(holds("mean(score) > 0.671875"));
  EXPECT_TRUE(holds("sum(score) <= 2.6875"));
  EXPECT_FALSE(holds("sum(score) < 2.6875"));
  EXPECT_TRUE(holds("sum(y[0]) >= 1.3 and mean(y[0]) < 0.33"));
}

TEST(ClaimOfRows, BoundsOfMeansAreExact) {
  std::mt19937_64 random(4);
  for (int i = 0; i < 20000; ++i) {
    const unsigned decimals = static_cast<unsigned>(random() % 7);
    const auto numerator = static_cast<std::int64_t>(random() % 2000000) - 1000000;
    const auto scale = static_cast<std::int32_t>(random() % 24) - 18;
    const auto rows = static_cast<std::int64_t>(random() % 5000) + 1;
    const RowTotal total{0, true, static_cast<Comparison>(random() % 4), Decimal{numerator, decimals}};
    const IntegerBound bound = integer_bound(total, scale, rows).value();
    const Int128 right = Int128{numerator} * rows * (scale < 0 ? Int128{1} << -scale : 1);
    for (std::int64_t sum = bound.bound - 2; sum <= bound.bound + 2; ++sum) {
      const Int128 left = Int128{sum} * power_of_ten(decimals) * (scale > 0 ? Int128{1} << scale : 1);
      const bool wanted = total.comparison == Comparison::kLess        ? left < right
                          : total.comparison == Comparison::kLessEqual ? left <= right
                          : total.comparison == Comparison::kGreater   ? left > right
                                                                       : left >= right;
      EXPECT_EQ(bound.holds(sum), wanted);
    }
  }
  EXPECT_FALSE(integer_bound(RowTotal{0, true, Comparison::kLess, Decimal{1, 0}}, -50, 1 << 20).ok());
  EXPECT_TRUE(integer_bound(RowTotal{0, true, Comparison::kLess, Decimal{1, 0}}, -40, 1 << 20).ok());
}

}  // namespace
}  // namespace veil
