#include "lookup/check/table_sums.h"

#include <span>

#include "base/check.h"
#include "circuit/tables.h"
#include "claim/claims.h"

namespace veil {

std::vector<Fr> table_sums(const Table& table, const Weight& rows) {
  VEIL_CHECK(rows.is_eq && rows.values.size() == table_rows(table));
  std::vector<Fr> out;
  if (table.kind == TableKind::kPieces) {
    for (const std::vector<std::int64_t>& column : table_columns(table))
      out.push_back(weighted_sum(column, {&rows, 1}));
    return out;
  }
  const std::span<const Fr> point(rows.point);
  Fr key;
  for (const Fr& coordinate : point) key = key.doubled() + coordinate;
  if (table.kind == TableKind::kUnsigned) return {key};
  const auto half = static_cast<std::int64_t>(table_rows(table) / 2);
  key -= Fr::from_int(half);
  if (table.kind == TableKind::kSigned) return {key, Fr::one() - point[0]};
  Fr zero = point[0];
  for (const Fr& coordinate : point.subspan(1)) zero *= Fr::one() - coordinate;
  return {key, zero, point[0] - zero};
}

}  // namespace veil
