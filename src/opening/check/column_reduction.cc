#include "opening/check/column_reduction.h"

namespace veil {

std::vector<Fr> ColumnGroup::columns(std::size_t count) const {
  std::vector<Fr> out(count);
  for (const auto& [factor, part] : parts) part.add_columns(out, factor);
  return out;
}

Fr ColumnGroup::weigh(ColumnPoint& point) const {
  Fr sum;
  for (const auto& [factor, part] : parts) sum += factor * point.weigh(part);
  return sum;
}

ColumnGroup& ColumnGroups::group(const std::string& key) {
  const auto [position, added] = index_.emplace(key, groups_.size());
  if (added) groups_.emplace_back();
  return groups_[position->second];
}

void ColumnGroups::add(TensorId tensor, std::span<const Weight> weights, const Fr& factor) {
  for (WeightPart& part : layout_.parts(tensor, weights)) {
    const std::vector<std::pair<std::size_t, Fr>> rows = std::move(part.rows);
    if (rows.size() == 1) {  // one row: its column weights add up
      const auto& [row, weight] = rows[0];
      ColumnGroup& mine = group("row" + std::to_string(row));
      mine.rows[row] = Fr::one();
      mine.parts.emplace_back(factor * weight, std::move(part));
    } else {  // equal column weights: the row weights add up
      ColumnGroup& mine = group("columns" + part.column_key);
      for (const auto& [row, weight] : rows) mine.rows[row] += factor * weight;
      if (mine.parts.empty()) mine.parts.emplace_back(Fr::one(), std::move(part));
    }
  }
}

}  // namespace veil
