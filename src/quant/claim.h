// Claims on the output: the predicate whose truth a proof makes public, in real units.
//
//   claim      = chain { "and" chain }
//   chain      = operand comparison operand { comparison operand }      0.2 <= y[3] < 0.4
//   chain      = "argmax" "==" ( INDEX | '"' LABEL '"' )                the lowest index wins a tie
//   operand    = NUMBER | element                                       one side of each comparison is a number
//   element    = name | name "[" INDEX "]"
//   comparison = "<" | "<=" | ">" | ">="
//   name       = "score" (the only element, or the second of two: the positive class) | "y" | "output" | the output's
//   name
//
// Where a proof is about a batch of rows, a claim speaks of all of them, and within the brackets of one row's output:
//
//   chain      = "all" "(" claim ")"                                    all(score >= 0.75)
//   operand    = "count" "(" claim ")" | ("mean" | "sum") "(" element ")"      count(score >= 0.75) >= 900
//
// Numbers are exact decimals, never floating point. The claim on real values becomes one on integers by rounding in the
// direction that keeps it exact (attacks 11): y * 2^s >= t  <=>  y >= ceil(t / 2^s).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "quant/decimal.h"

namespace veil {

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

// About the output of one row; of a predicate of several terms all hold.
using RowTerm = std::variant<Threshold, ArgmaxIs>;
using RowPredicate = std::vector<RowTerm>;

struct AllRows {
  RowPredicate predicate;
};
struct RowCount {  // of the rows of which the predicate is true
  RowPredicate predicate;
  Comparison comparison = Comparison::kLess;
  Decimal value;
};
struct RowTotal {  // the sum over the rows of an element, or its mean
  std::int64_t element = 0;
  bool mean = false;
  Comparison comparison = Comparison::kLess;
  Decimal value;
};

using ClaimTerm = std::variant<RowTerm, AllRows, RowCount, RowTotal>;

struct Claim {
  std::vector<ClaimTerm> terms;  // all of them hold
  std::int64_t rows = 1;         // of a batch; the terms are RowTerm where there is one row, else the others
};

// What a claim may speak about.
struct OutputNames {
  std::string name;
  std::int64_t size = 1;            // of a row's output
  std::vector<std::string> labels;  // classes, or none
  std::int64_t rows = 1;            // in a batch
};

Result<Claim> parse_claim(std::string_view text, const OutputNames& output);

// The same predicate on the integer y, real value y * 2^scale_log2: at least, or at most, `bound`.
struct IntegerBound {
  bool at_least = true;
  std::int64_t bound = 0;  // within +-2^62; beyond it the claim is decided by any range

  bool holds(std::int64_t value) const { return at_least ? value >= bound : value <= bound; }
};
Result<IntegerBound> integer_bound(const Threshold& threshold, std::int32_t scale_log2);
IntegerBound integer_bound(const RowCount& count);                                                      // of the count
Result<IntegerBound> integer_bound(const RowTotal& total, std::int32_t scale_log2, std::int64_t rows);  // of the sum

// Is it true of these integers? `ranked`: what the argmax is taken over, the output itself or a softmax's logits.
Result<bool> claim_holds(const Claim& claim, std::int32_t scale_log2, std::span<const std::int64_t> output,
                         std::span<const std::int64_t> ranked);
// Is it true of these real values?
bool claim_holds_real(const Claim& claim, std::span<const double> output);
bool is_argmax_only(const Claim& claim);

// The decision about each row that a claim about a batch rests on: the predicate of its first `all` or `count`; none
// where it has neither.
const RowPredicate* row_decision(const Claim& claim);
Result<bool> row_holds(const RowPredicate& predicate, std::int32_t scale_log2, std::span<const std::int64_t> output);
bool row_holds_real(const RowPredicate& predicate, std::span<const double> output);

// "y[1] >= 0.75 (integer >= 12288 at 2^-14) and argmax == 1": canonical, in real units and in integers.
Result<std::string> claim_text(const Claim& claim, const OutputNames& output, std::int32_t scale_log2);

// The lowest index of the largest element.
template <class T>
std::int64_t argmax_of(std::span<const T> values) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < values.size(); ++i) {
    if (values[i] > values[best]) best = i;
  }
  return static_cast<std::int64_t>(best);
}
template <class T>
std::int64_t argmax_of(const std::vector<T>& values) {
  return argmax_of(std::span<const T>(values));
}

}  // namespace veil
