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
      return 3;
  }
  return 0;
}

std::vector<std::vector<std::int64_t>> table_columns(const Table& table) {
  VEIL_CHECK(table_is_known(table.kind, table.parameters));
  if (table.kind == TableKind::kPieces) return function_pieces(table.parameters);
  const std::int64_t rows = std::int64_t{1} << table.parameters[0];
  const bool is_signed = table.kind == TableKind::kSigned;
  std::vector<std::vector<std::int64_t>> columns(is_signed ? 2 : 1);
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::int64_t value = is_signed ? row - rows / 2 : row;
    columns[0].push_back(value);
    if (is_signed) columns[1].push_back(value < 0 ? 1 : 0);
  }
  return columns;
}

}  // namespace veil
