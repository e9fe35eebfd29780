// The fixed registry of lookup tables. Contents are exact integers, equal on every platform (no libm).
#pragma once

#include <cstdint>
#include <vector>

#include "circuit/circuit.h"

namespace veil {

// Empty when the kind or a parameter is not in the registry.
bool table_is_known(TableKind kind, const std::vector<std::int64_t>& parameters);
std::size_t table_rows(const Table& table);
std::size_t table_arity(const Table& table);
// Column by column, arity x rows. Column 0 is the key: key = first key + row index, so keys are distinct.
std::vector<std::vector<std::int64_t>> table_columns(const Table& table);

}  // namespace veil
