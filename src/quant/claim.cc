#include "quant/claim.h"

#include "base/check.h"
#include "base/int128.h"
#include "graph/text.h"

namespace veil {

namespace {

constexpr Int128 kBoundLimit = Int128{1} << 62;

Int128 power_of_ten(unsigned exponent) {
  Int128 power = 1;
  for (unsigned i = 0; i < exponent; ++i) power *= 10;
  return power;
}

Int128 floor_division(Int128 a, Int128 b) { return a / b - (a % b < 0 ? 1 : 0); }  // b > 0
Int128 ceil_division(Int128 a, Int128 b) { return a / b + (a % b > 0 ? 1 : 0); }

std::int64_t clamped(Int128 value) {
  if (value < -kBoundLimit) return static_cast<std::int64_t>(-kBoundLimit);
  return static_cast<std::int64_t>(value > kBoundLimit ? kBoundLimit : value);
}

std::string element_text(const OutputNames& output, std::int64_t element) {
  return output.name + "[" + std::to_string(element) + "]";
}

}  // namespace

std::string_view comparison_text(Comparison comparison) {
  switch (comparison) {
    case Comparison::kLess:
      return "<";
    case Comparison::kLessEqual:
      return "<=";
    case Comparison::kGreater:
      return ">";
    case Comparison::kGreaterEqual:
      return ">=";
  }
  return "";
}

std::string decimal_text(const Decimal& value) {
  std::string digits = std::to_string(value.numerator < 0 ? -value.numerator : value.numerator);
  if (digits.size() <= value.decimals) digits.insert(0, value.decimals + 1 - digits.size(), '0');
  if (value.decimals > 0) digits.insert(digits.size() - value.decimals, ".");
  return (value.numerator < 0 ? "-" : "") + digits;
}

long double decimal_value(const Decimal& value) {
  return static_cast<long double>(value.numerator) / static_cast<long double>(power_of_ten(value.decimals));
}

// y 2^s ? N / 10^k  with the powers of two on the side where they are whole: (N 2^-s) / 10^k or N / (10^k 2^s).
// |N| < 2^60 and |s| <= 60, so all numbers are below 2^121.
Result<IntegerBound> integer_bound(const Threshold& threshold, std::int32_t scale_log2) {
  if (scale_log2 < -60 || scale_log2 > 60) return Error{"the output's scale is too extreme for a claim on its value"};
  Int128 numerator = threshold.value.numerator;
  Int128 denominator = power_of_ten(threshold.value.decimals);
  if (scale_log2 < 0) {
    numerator *= Int128{1} << -scale_log2;
  } else {
    denominator *= Int128{1} << scale_log2;
  }
  const Int128 below = floor_division(numerator, denominator);
  const Int128 above = ceil_division(numerator, denominator);
  switch (threshold.comparison) {
    case Comparison::kGreaterEqual:
      return IntegerBound{true, clamped(above)};
    case Comparison::kGreater:
      return IntegerBound{true, clamped(below + 1)};
    case Comparison::kLessEqual:
      return IntegerBound{false, clamped(below)};
    case Comparison::kLess:
      return IntegerBound{false, clamped(above - 1)};
  }
  return Error{"unknown comparison"};
}

Result<bool> claim_holds(const Claim& claim, std::int32_t scale_log2, const std::vector<std::int64_t>& output,
                         const std::vector<std::int64_t>& ranked) {
  bool holds = true;
  for (const ClaimTerm& term : claim.terms) {
    if (const auto* argmax = std::get_if<ArgmaxIs>(&term)) {
      holds = holds && argmax_of(ranked) == argmax->index;
      continue;
    }
    const auto& threshold = std::get<Threshold>(term);
    VEIL_TRY(bound, integer_bound(threshold, scale_log2));
    const std::int64_t value = output[static_cast<std::size_t>(threshold.element)];
    holds = holds && (bound.at_least ? value >= bound.bound : value <= bound.bound);
  }
  return holds;
}

bool claim_holds_real(const Claim& claim, const std::vector<double>& output) {
  for (const ClaimTerm& term : claim.terms) {
    if (const auto* argmax = std::get_if<ArgmaxIs>(&term)) {
      if (argmax_of(output) != argmax->index) return false;
      continue;
    }
    const auto& threshold = std::get<Threshold>(term);
    const long double value = output[static_cast<std::size_t>(threshold.element)];
    const long double limit = decimal_value(threshold.value);
    const bool holds = threshold.comparison == Comparison::kLess        ? value < limit
                       : threshold.comparison == Comparison::kLessEqual ? value <= limit
                       : threshold.comparison == Comparison::kGreater   ? value > limit
                                                                        : value >= limit;
    if (!holds) return false;
  }
  return true;
}

bool is_argmax_only(const Claim& claim) {
  for (const ClaimTerm& term : claim.terms) {
    if (!std::holds_alternative<ArgmaxIs>(term)) return false;
  }
  return !claim.terms.empty();
}

Result<std::string> claim_text(const Claim& claim, const OutputNames& output, std::int32_t scale_log2) {
  std::string text;
  for (const ClaimTerm& term : claim.terms) {
    if (!text.empty()) text += " and ";
    if (const auto* argmax = std::get_if<ArgmaxIs>(&term)) {
      text += "argmax(" + output.name + ") == " + std::to_string(argmax->index);
      const auto index = static_cast<std::size_t>(argmax->index);
      if (index < output.labels.size()) text += " (" + quoted(output.labels[index]) + ")";
      continue;
    }
    const auto& threshold = std::get<Threshold>(term);
    VEIL_TRY(bound, integer_bound(threshold, scale_log2));
    text += element_text(output, threshold.element) + " " + std::string(comparison_text(threshold.comparison)) + " " +
            decimal_text(threshold.value) + " (integer " + (bound.at_least ? ">= " : "<= ") +
            std::to_string(bound.bound) + ", unit 2^" + std::to_string(scale_log2) + ")";
  }
  return text;
}

}  // namespace veil
