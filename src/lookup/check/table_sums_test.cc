#include "lookup/check/table_sums.h"

#include <gtest/gtest.h>

#include "circuit/tables.h"
#include "claim/claims.h"

namespace veil {
namespace {

NamedPoint point_of(unsigned bits) {
  NamedPoint point{"p", {}};
  for (unsigned i = 0; i < bits; ++i) point.coordinates.push_back(Fr::from_u64(1000003 * i + 17) * Fr::from_u64(~0ull));
  return point;
}

TEST(TableSums, AreTheSumsOverAllRows) {
  Circuit circuit;
  for (const std::int64_t bits : {1, 2, 8, 12, 13, 16}) {
    for (const TableKind kind : {TableKind::kUnsigned, TableKind::kSigned, TableKind::kOverflow}) {
      SCOPED_TRACE(bits);
      const Table& table = circuit.tables[add_table(circuit, kind, {bits})];
      const auto count = static_cast<unsigned>(bits);
      const Weight rows = eq_weight(point_of(count), 0, count, table_rows(table));
      const auto columns = table_columns(table);
      const std::vector<Fr> sums = table_sums(table, rows);
      ASSERT_EQ(sums.size(), columns.size());
      for (std::size_t i = 0; i < columns.size(); ++i) EXPECT_EQ(sums[i], weighted_sum(columns[i], {&rows, 1}));
    }
  }
}

TEST(TableSums, LongWeightsAreMadeWhenTheyAreAskedFor) {
  const NamedPoint point = point_of(14);
  const Weight rows = eq_weight(point, 0, 14, 10000);
  EXPECT_EQ(rows.values.size(), 10000u);
  const std::vector<Fr>& values = rows.values;
  Fr sum;
  for (const Fr& value : values) sum += value;
  EXPECT_EQ(sum, rows.total());
  EXPECT_EQ(values[9999], eq_weight(point, 0, 14, 16384).values[9999]);
}

}  // namespace
}  // namespace veil
