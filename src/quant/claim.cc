#include "quant/claim.h"

#include <algorithm>

#include "base/check.h"
#include "base/int128.h"
#include "graph/text.h"

namespace veil {

namespace {

constexpr Int128 kBoundLimit = Int128{1} << 62;

Int128 floor_division(Int128 a, Int128 b) { return a / b - (a % b < 0 ? 1 : 0); }  // b > 0
Int128 ceil_division(Int128 a, Int128 b) { return a / b + (a % b > 0 ? 1 : 0); }

std::int64_t clamped(Int128 value) {
  if (value < -kBoundLimit) return static_cast<std::int64_t>(-kBoundLimit);
  return static_cast<std::int64_t>(value > kBoundLimit ? kBoundLimit : value);
}

// integer ? numerator / denominator, the denominator positive.
IntegerBound bound_of(Comparison comparison, Int128 numerator, Int128 denominator) {
  const Int128 below = floor_division(numerator, denominator);
  const Int128 above = ceil_division(numerator, denominator);
  switch (comparison) {
    case Comparison::kGreaterEqual:
      return {true, clamped(above)};
    case Comparison::kGreater:
      return {true, clamped(below + 1)};
    case Comparison::kLessEqual:
      return {false, clamped(below)};
    case Comparison::kLess:
      break;
  }
  return {false, clamped(above - 1)};
}

// integer 2^s ? rows N / 10^k  with the powers of two on the side where they are whole. |N| < 2^60 and
// |s| + log2(rows) <= 60, so all numbers are below 2^121.
Result<IntegerBound> scaled_bound(Comparison comparison, const Decimal& value, std::int32_t scale_log2,
                                  std::int64_t rows) {
  if (scale_log2 < -60 || scale_log2 > 60 || (rows >> (60 - std::abs(scale_log2))) > 1) {
    return Error{"the output's scale is too extreme for a claim on its value"};
  }
  Int128 numerator = Int128{value.numerator} * rows;
  Int128 denominator = power_of_ten(value.decimals);
  if (scale_log2 < 0) {
    numerator *= Int128{1} << -scale_log2;
  } else {
    denominator *= Int128{1} << scale_log2;
  }
  return bound_of(comparison, numerator, denominator);
}

bool compares(Comparison comparison, long double value, const Decimal& limit) {
  const long double bound = decimal_value(limit);
  switch (comparison) {
    case Comparison::kLess:
      return value < bound;
    case Comparison::kLessEqual:
      return value <= bound;
    case Comparison::kGreater:
      return value > bound;
    case Comparison::kGreaterEqual:
      break;
  }
  return value >= bound;
}

// The elements of one row of a batch's output.
template <class T>
std::span<const T> row_at(std::span<const T> output, std::int64_t rows, std::int64_t row) {
  const std::size_t size = output.size() / static_cast<std::size_t>(rows);
  return output.subspan(static_cast<std::size_t>(row) * size, size);
}

// How many rows `holds` is true of.
template <class Holds>
std::int64_t count_rows(std::int64_t rows, Holds&& holds) {
  std::int64_t count = 0;
  for (std::int64_t row = 0; row < rows; ++row) count += holds(row) ? 1 : 0;
  return count;
}

class IntegerTruth {
 public:
  IntegerTruth(const Claim& claim, std::int32_t scale, std::span<const std::int64_t> output,
               std::span<const std::int64_t> ranked)
      : rows_(claim.rows), scale_(scale), output_(output), ranked_(ranked) {}

  Result<bool> of(const RowTerm& term) const { return of(term, 0); }
  Result<bool> of(const AllRows& all) const {
    VEIL_TRY(count, count_of(all.predicate));
    return count == rows_;
  }
  Result<bool> of(const RowCount& count) const {
    VEIL_TRY(found, count_of(count.predicate));
    return integer_bound(count).holds(found);
  }
  Result<bool> of(const RowTotal& total) const {
    VEIL_TRY(bound, integer_bound(total, scale_, rows_));
    std::int64_t sum = 0;
    for (std::int64_t row = 0; row < rows_; ++row) {
      sum += row_at(output_, rows_, row)[static_cast<std::size_t>(total.element)];
    }
    return bound.holds(sum);
  }

 private:
  Result<bool> of(const RowTerm& term, std::int64_t row) const {
    if (const auto* argmax = std::get_if<ArgmaxIs>(&term))
      return argmax_of(row_at(ranked_, rows_, row)) == argmax->index;
    const auto& threshold = std::get<Threshold>(term);
    VEIL_TRY(bound, integer_bound(threshold, scale_));
    return bound.holds(row_at(output_, rows_, row)[static_cast<std::size_t>(threshold.element)]);
  }
  Result<std::int64_t> count_of(const RowPredicate& predicate) const {
    std::int64_t count = 0;
    for (std::int64_t row = 0; row < rows_; ++row) {
      bool holds = true;
      for (const RowTerm& term : predicate) {
        VEIL_TRY(one, of(term, row));
        holds = holds && one;
      }
      count += holds ? 1 : 0;
    }
    return count;
  }

  std::int64_t rows_;
  std::int32_t scale_;
  std::span<const std::int64_t> output_, ranked_;
};

bool term_holds_real(const RowTerm& term, std::span<const double> output) {
  if (const auto* argmax = std::get_if<ArgmaxIs>(&term)) return argmax_of(output) == argmax->index;
  const auto& threshold = std::get<Threshold>(term);
  return compares(threshold.comparison, output[static_cast<std::size_t>(threshold.element)], threshold.value);
}

struct RealTruth {
  std::int64_t rows;
  std::span<const double> output;

  std::int64_t count_of(const RowPredicate& predicate) const {
    return count_rows(rows, [&](std::int64_t row) { return row_holds_real(predicate, row_at(output, rows, row)); });
  }
  bool of(const RowTerm& term) const { return term_holds_real(term, output); }
  bool of(const AllRows& all) const { return count_of(all.predicate) == rows; }
  bool of(const RowCount& count) const { return integer_bound(count).holds(count_of(count.predicate)); }
  bool of(const RowTotal& total) const {
    long double sum = 0;
    for (std::int64_t row = 0; row < rows; ++row) {
      sum += row_at(output, rows, row)[static_cast<std::size_t>(total.element)];
    }
    return compares(total.comparison, total.mean ? sum / static_cast<long double>(rows) : sum, total.value);
  }
};

std::string bound_text(const IntegerBound& bound) {
  return (bound.at_least ? ">= " : "<= ") + std::to_string(bound.bound);
}

struct Writer {
  const OutputNames& output;
  std::int32_t scale;

  std::string element(std::int64_t index) const { return output.name + "[" + std::to_string(index) + "]"; }
  std::string unit() const { return "unit 2^" + std::to_string(scale); }
  std::string of_rows() const { return " of " + std::to_string(output.rows) + " rows"; }

  Result<std::string> of(const RowTerm& term) const {
    if (const auto* argmax = std::get_if<ArgmaxIs>(&term)) {
      const auto index = static_cast<std::size_t>(argmax->index);
      return "argmax(" + output.name + ") == " + std::to_string(index) +
             (index < output.labels.size() ? " (" + quoted(output.labels[index]) + ")" : "");
    }
    const auto& threshold = std::get<Threshold>(term);
    VEIL_TRY(bound, integer_bound(threshold, scale));
    return element(threshold.element) + " " + std::string(comparison_text(threshold.comparison)) + " " +
           decimal_text(threshold.value) + " (integer " + bound_text(bound) + ", " + unit() + ")";
  }
  Result<std::string> of(const RowPredicate& predicate) const {
    std::string text;
    for (const RowTerm& term : predicate) {
      VEIL_TRY(one, of(term));
      text += (text.empty() ? "" : " and ") + one;
    }
    return text;
  }
  Result<std::string> of(const AllRows& all) const {
    VEIL_TRY(predicate, of(all.predicate));
    return "all(" + predicate + ")" + of_rows();
  }
  Result<std::string> of(const RowCount& count) const {
    VEIL_TRY(predicate, of(count.predicate));
    return "count(" + predicate + ") " + bound_text(integer_bound(count)) + of_rows();
  }
  Result<std::string> of(const RowTotal& total) const {
    VEIL_TRY(bound, integer_bound(total, scale, output.rows));
    return (total.mean ? "mean(" : "sum(") + element(total.element) + ") " +
           std::string(comparison_text(total.comparison)) + " " + decimal_text(total.value) + " (integers' sum " +
           bound_text(bound) + ", " + unit() + ")" + of_rows();
  }
};

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

Result<IntegerBound> integer_bound(const Threshold& threshold, std::int32_t scale_log2) {
  return scaled_bound(threshold.comparison, threshold.value, scale_log2, 1);
}

IntegerBound integer_bound(const RowCount& count) {
  return bound_of(count.comparison, count.value.numerator, power_of_ten(count.value.decimals));
}

Result<IntegerBound> integer_bound(const RowTotal& total, std::int32_t scale_log2, std::int64_t rows) {
  return scaled_bound(total.comparison, total.value, scale_log2, total.mean ? rows : 1);
}

Result<bool> claim_holds(const Claim& claim, std::int32_t scale_log2, std::span<const std::int64_t> output,
                         std::span<const std::int64_t> ranked) {
  const IntegerTruth truth(claim, scale_log2, output, ranked);
  bool holds = true;
  for (const ClaimTerm& term : claim.terms) {
    VEIL_TRY(one, std::visit([&](const auto& each) { return truth.of(each); }, term));
    holds = holds && one;
  }
  return holds;
}

bool claim_holds_real(const Claim& claim, std::span<const double> output) {
  const RealTruth truth{claim.rows, output};
  return std::all_of(claim.terms.begin(), claim.terms.end(), [&](const ClaimTerm& term) {
    return std::visit([&](const auto& each) { return truth.of(each); }, term);
  });
}

const RowPredicate* row_decision(const Claim& claim) {
  for (const ClaimTerm& term : claim.terms) {
    if (const auto* all = std::get_if<AllRows>(&term)) return &all->predicate;
    if (const auto* count = std::get_if<RowCount>(&term)) return &count->predicate;
  }
  return nullptr;
}

Result<bool> row_holds(const RowPredicate& predicate, std::int32_t scale_log2, std::span<const std::int64_t> output) {
  Claim claim;
  for (const RowTerm& term : predicate) claim.terms.emplace_back(term);
  return claim_holds(claim, scale_log2, output, output);
}

bool row_holds_real(const RowPredicate& predicate, std::span<const double> output) {
  return std::all_of(predicate.begin(), predicate.end(),
                     [&](const RowTerm& term) { return term_holds_real(term, output); });
}

bool is_argmax_only(const Claim& claim) {
  const auto is_argmax = [](const ClaimTerm& term) {
    const auto* row = std::get_if<RowTerm>(&term);
    return row != nullptr && std::holds_alternative<ArgmaxIs>(*row);
  };
  return !claim.terms.empty() && std::all_of(claim.terms.begin(), claim.terms.end(), is_argmax);
}

Result<std::string> claim_text(const Claim& claim, const OutputNames& output, std::int32_t scale_log2) {
  const Writer writer{output, scale_log2};
  std::string text;
  for (const ClaimTerm& term : claim.terms) {
    VEIL_TRY(one, std::visit([&](const auto& each) { return writer.of(each); }, term));
    text += (text.empty() ? "" : " and ") + one;
  }
  return text;
}

}  // namespace veil
