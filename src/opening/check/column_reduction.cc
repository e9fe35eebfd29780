#include "opening/check/column_reduction.h"

namespace veil {

ColumnGroup& ColumnGroups::group(const std::string& key) {
  const auto [position, added] = index_.emplace(key, groups_.size());
  if (added) groups_.push_back(ColumnGroup{{}, std::vector<Fr>(layout_.columns())});
  return groups_[position->second];
}

void ColumnGroups::add(TensorId tensor, std::span<const Weight> weights, const Fr& factor) {
  for (const WeightPart& part : layout_.parts(tensor, weights)) {
    if (part.rows.size() == 1) {  // one row: its column weights add up
      const auto& [row, weight] = part.rows[0];
      ColumnGroup& mine = group("row" + std::to_string(row));
      mine.rows[row] = Fr::one();
      part.add_columns(mine.columns, factor * weight);
    } else {  // equal column weights: the row weights add up
      const std::size_t known = groups_.size();
      ColumnGroup& mine = group("columns" + part.column_key);
      if (groups_.size() != known) part.add_columns(mine.columns, Fr::one());
      for (const auto& [row, weight] : part.rows) mine.rows[row] += factor * weight;
    }
  }
}

}  // namespace veil
