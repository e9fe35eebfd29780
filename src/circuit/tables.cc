#include "circuit/tables.h"

#include "base/check.h"
#include "circuit/function_table.h"

namespace veil {

namespace {

constexpr std::int64_t kMaxTableBits = 16;

}  // namespace

bool table_is_known(TableKind kind, const std::vector<std::int64_t>& parameters) {
  switch (kind) {
    case TableKind::kUnsigned:
    case TableKind::kSigned:
    case TableKind::kOverflow:
      return parameters.size() == 1 && parameters[0] >= 1 && parameters[0] <= kMaxTableBits;
    case TableKind::kPieces:
      return function_pieces_known(parameters);
  }
  return false;
}

std::size_t table_rows(const Table& table) {
  VEIL_CHECK(table_is_known(table.kind, table.parameters));
  return std::size_t{1} << table.parameters[table.kind == TableKind::kPieces ? 1 : 0];
}

std::size_t table_arity(const Table& table) {
  switch (table.kind) {
    case TableKind::kUnsigned:
      return 1;
    case TableKind::kSigned:
      return 2;
    case TableKind::kPieces:
    case TableKind::kOverflow:
      return 3;
  }
  return 0;
}

std::vector<std::vector<std::int64_t>> table_columns(const Table& table) {
  VEIL_CHECK(table_is_known(table.kind, table.parameters));
  if (table.kind == TableKind::kPieces) return function_pieces(table.parameters);
  const std::int64_t rows = std::int64_t{1} << table.parameters[0];
  const std::int64_t low = table.kind == TableKind::kUnsigned ? 0 : -rows / 2;
  std::vector<std::vector<std::int64_t>> columns(table_arity(table));
  for (std::int64_t value = low; value < low + rows; ++value) {
    columns[0].push_back(value);
    if (table.kind == TableKind::kSigned) columns[1].push_back(value < 0 ? 1 : 0);
    if (table.kind != TableKind::kOverflow) continue;
    columns[1].push_back(value == 0 ? 1 : 0);
    columns[2].push_back(value > 0 ? 1 : 0);
  }
  return columns;
}

}  // namespace veil
