#include "service/score.h"

#include <algorithm>
#include <cmath>

namespace veil {

std::int64_t Scorer::decision(std::span<const double> output) const {
  const std::vector<double> values(output.begin(), output.end());
  if (values.size() > 1) return argmax_of(values);
  if (const RowPredicate* predicate = row_decision(claim)) return row_holds_real(*predicate, output) ? 1 : 0;
  if (!claim.terms.empty() && claim.rows == 1) return claim_holds_real(claim, values) ? 1 : 0;
  return values[0] >= 0.5 ? 1 : 0;
}

std::optional<std::int64_t> Scorer::expected(const Label& label, std::size_t width) const {
  if (const auto* text = std::get_if<std::string>(&label)) {
    const auto& names = graph.output_labels;
    const auto found = std::find(names.begin(), names.end(), *text);
    if (found == names.end()) return std::nullopt;
    return found - names.begin();
  }
  const double number = std::get<double>(label);
  const double limit = width == 1 ? 2.0 : static_cast<double>(width);
  if (!(number >= 0 && number < limit) || number != std::floor(number)) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

std::optional<double> Scorer::accuracy(const std::vector<double>& outputs, const std::vector<Label>& labels) const {
  if (labels.empty()) return std::nullopt;
  const std::size_t width = outputs.size() / labels.size();
  std::size_t right = 0;
  for (std::size_t row = 0; row < labels.size(); ++row) {
    const auto wanted = expected(labels[row], width);
    if (!wanted) return std::nullopt;
    if (decision(std::span(outputs).subspan(row * width, width)) == *wanted) ++right;
  }
  return static_cast<double>(right) / static_cast<double>(labels.size());
}

}  // namespace veil
