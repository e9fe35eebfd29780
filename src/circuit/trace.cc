#include "circuit/trace.h"

#include "circuit/tables.h"

namespace veil {

Trace empty_trace(const Circuit& circuit) {
  return Trace{std::vector<std::vector<std::int64_t>>(circuit.tensors.size()), {}};
}

void narrow(const Circuit& circuit, Trace& trace) {
  std::vector<bool> is_count(circuit.tensors.size(), false);  // the lookup argument reads multiplicities in place
  for (const Table& table : circuit.tables) is_count[table.multiplicity] = true;
  trace.shared.resize(circuit.tensors.size());
  for (TensorId id = 0; id < circuit.tensors.size(); ++id) {
    const Owner owner = circuit.tensors[id].owner;
    if ((owner != Owner::kWitness && owner != Owner::kInput) || is_count[id] || trace.values[id].empty()) continue;
    trace.shared[id] = IntegerArray(trace.values[id]);
    std::vector<std::int64_t>().swap(trace.values[id]);
  }
}

namespace {

std::string at_index(const Domain& domain, std::size_t position) {
  std::string out;
  for (std::size_t axis = domain.box_rank; axis-- > 0;) {
    const auto length = static_cast<std::size_t>(domain.extent[axis]);
    out = std::to_string(position % length) + (out.empty() ? "" : ", ") + out;
    position /= length;
  }
  return "[" + out + "]";
}

// Rows are found by their key: column 0 is first key + row.
struct TableIndex {
  std::vector<std::vector<std::int64_t>> columns;

  std::optional<std::size_t> row(const std::vector<BoxValues>& entries, std::size_t position) const {
    const Int128 row = entries[0][position] - columns[0][0];
    if (row < 0 || row >= static_cast<Int128>(columns[0].size())) return std::nullopt;
    const auto found = static_cast<std::size_t>(row);
    for (std::size_t column = 1; column < columns.size(); ++column) {
      if (entries[column][position] != columns[column][found]) return std::nullopt;
    }
    return found;
  }
};

std::vector<BoxValues> evaluate_entries(const Circuit& circuit, const Trace& trace, const Lookup& lookup) {
  std::vector<BoxValues> entries;
  for (const Expression& entry : lookup.entries) {
    entries.push_back(evaluate_box(circuit, trace, lookup.domain, entry));
  }
  return entries;
}

}  // namespace

void fill_multiplicities(const Circuit& circuit, Trace& trace) {
  std::vector<TableIndex> index;
  for (const Table& table : circuit.tables) {
    index.push_back(TableIndex{table_columns(table)});
    trace.values[table.multiplicity].assign(index.back().columns[0].size(), 0);
  }
  for (const Lookup& lookup : circuit.lookups) {
    const auto entries = evaluate_entries(circuit, trace, lookup);
    std::vector<std::int64_t>& counts = trace.values[circuit.tables[lookup.table].multiplicity];
    for (std::size_t position = 0; position < entries[0].size(); ++position) {
      if (const auto row = index[lookup.table].row(entries, position)) ++counts[*row];
    }
  }
}

std::optional<std::string> check_trace(const Circuit& circuit, const Trace& trace, bool with_multiplicities) {
  for (const Identity& identity : circuit.identities) {
    const BoxValues values = evaluate_box(circuit, trace, identity.domain, identity.expression);
    for (std::size_t position = 0; position < values.size(); ++position) {
      if (values[position] != 0) return "identity " + identity.name + " at " + at_index(identity.domain, position);
    }
  }
  for (const Lookup& lookup : circuit.lookups) {
    const TableIndex index{table_columns(circuit.tables[lookup.table])};
    const auto entries = evaluate_entries(circuit, trace, lookup);
    for (std::size_t position = 0; position < entries[0].size(); ++position) {
      if (!index.row(entries, position)) return "lookup " + lookup.name + " at " + at_index(lookup.domain, position);
    }
  }
  if (!with_multiplicities) return std::nullopt;
  Trace expected = trace;
  fill_multiplicities(circuit, expected);
  for (const Table& table : circuit.tables) {
    if (expected.values[table.multiplicity] != trace.values[table.multiplicity]) {
      return "multiplicities of " + circuit.tensors[table.multiplicity].name;
    }
  }
  return std::nullopt;
}

}  // namespace veil
