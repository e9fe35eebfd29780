// Claims on the output: the predicate whose truth a proof makes public, in real units.
//
//   claim      = chain { "and" chain }
//   chain      = operand comparison operand { comparison operand }      0.2 <= y[3] < 0.4
//   operand    = NUMBER | name | name "[" INDEX "]"                     one side of each comparison is a number
//   comparison = "<" | "<=" | ">" | ">="
//   chain      = "argmax" "==" ( INDEX | '"' LABEL '"' )                the lowest index wins a tie
//   name       = "score" (the only element, or the second of two: the positive class) | "y" | "output" | the output's
//   name
//
// Numbers are exact decimals, never floating point. The claim on real values becomes one on integers by rounding in the
// direction that keeps it exact (attacks 11): y * 2^s >= t  <=>  y >= ceil(t / 2^s).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace veil {

// numerator / 10^decimals, |numerator| < 10^18, 0 <= decimals <= 18, without common factors of 10.
struct Decimal {
  std::int64_t numerator = 0;
  unsigned decimals = 0;

  bool operator==(const Decimal&) const = default;
};

Result<Decimal> parse_decimal(std::string_view text);
std::string decimal_text(const Decimal& value);
long double decimal_value(const Decimal& value);

enum class Comparison : std::uint8_t { kLess, kLessEqual, kGreater, kGreaterEqual };
std::string_view comparison_text(Comparison comparison);

struct Threshold {  // output[element] `comparison` value
  std::int64_t element = 0;
  Comparison comparison = Comparison::kLess;
  Decimal value;
};

struct ArgmaxIs {
  std::int64_t index = 0;
};

using ClaimTerm = std::variant<Threshold, ArgmaxIs>;

struct Claim {
  std::vector<ClaimTerm> terms;  // all of them hold
};

// What a claim may speak about.
struct OutputNames {
  std::string name;
  std::int64_t size = 1;
  std::vector<std::string> labels;  // classes, or none
};

Result<Claim> parse_claim(std::string_view text, const OutputNames& output);

// The same predicate on the integer y, real value y * 2^scale_log2: at least, or at most, `bound`.
struct IntegerBound {
  bool at_least = true;
  std::int64_t bound = 0;  // within +-2^62; beyond it the claim is decided by any range
};
Result<IntegerBound> integer_bound(const Threshold& threshold, std::int32_t scale_log2);

// Is it true of these integers? `ranked`: what the argmax is taken over, the output itself or a softmax's logits.
Result<bool> claim_holds(const Claim& claim, std::int32_t scale_log2, const std::vector<std::int64_t>& output,
                         const std::vector<std::int64_t>& ranked);
// Is it true of these real values?
bool claim_holds_real(const Claim& claim, const std::vector<double>& output);
bool is_argmax_only(const Claim& claim);

// "y[1] >= 0.75 (integer >= 12288 at 2^-14) and argmax == 1": canonical, in real units and in integers.
Result<std::string> claim_text(const Claim& claim, const OutputNames& output, std::int32_t scale_log2);

// The lowest index of the largest element.
template <class T>
std::int64_t argmax_of(const std::vector<T>& values) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < values.size(); ++i) {
    if (values[i] > values[best]) best = i;
  }
  return static_cast<std::int64_t>(best);
}

}  // namespace veil
