#include "circuit/trace.h"

#include <span>

#include "circuit/tables.h"
#include "parallel/parallel.h"

namespace veil {

Trace empty_trace(const Circuit& circuit) {
  return Trace{std::vector<std::vector<std::int64_t>>(circuit.tensors.size()), {}, {}};
}

void narrow(const Circuit& circuit, Trace& trace) {
  std::vector<bool> is_count(circuit.tensors.size(), false);  // the lookup argument reads multiplicities in place
  for (const Table& table : circuit.tables) is_count[table.multiplicity] = true;
  trace.shared.resize(circuit.tensors.size());
  for_ranges_of(circuit.tensors.size(), 1, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t id = begin; id < end; ++id) {
      const Owner owner = circuit.tensors[id].owner;
      if ((owner != Owner::kWitness && owner != Owner::kInput) || is_count[id] || trace.values[id].empty()) continue;
      trace.shared[id] = IntegerArray(trace.values[id]);
      std::vector<std::int64_t>().swap(trace.values[id]);
    }
  });
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

// Rows are found by their key: row r has the key low + r.
class TableIndex {
 public:
  explicit TableIndex(const Table& table) : kind_(table.kind), rows_(static_cast<std::int64_t>(table_rows(table))) {
    if (kind_ == TableKind::kPieces) columns_ = table_columns(table);
    if (kind_ != TableKind::kUnsigned) low_ = columns_.empty() ? -rows_ / 2 : columns_[0][0];
  }

  std::size_t rows() const { return static_cast<std::size_t>(rows_); }

  template <class Integer>
  std::optional<std::size_t> row(const std::vector<std::span<const Integer>>& entries, std::size_t position) const {
    const Integer key = entries[0][position];
    if (key < low_ || key >= low_ + rows_) return std::nullopt;
    const auto found = static_cast<std::size_t>(key - low_);
    if (kind_ == TableKind::kSigned && entries[1][position] != (key < 0 ? 1 : 0)) return std::nullopt;
    if (kind_ == TableKind::kOverflow &&
        (entries[1][position] != (key == 0 ? 1 : 0) || entries[2][position] != (key > 0 ? 1 : 0))) {
      return std::nullopt;
    }
    for (std::size_t column = 1; column < columns_.size(); ++column) {
      if (entries[column][position] != columns_[column][found]) return std::nullopt;
    }
    return found;
  }

  // visit(row of each position)
  template <class Integer, class Visit>
  void for_each_row(const std::vector<std::span<const Integer>>& entries, const Visit& visit) const {
    for (std::size_t position = 0; position < entries[0].size(); ++position) visit(position, row(entries, position));
  }

 private:
  TableKind kind_;
  std::int64_t rows_;
  std::int64_t low_ = 0;
  std::vector<std::vector<std::int64_t>> columns_;  // where they are no simple function of the key
};

// The entries of one lookup, all as 64-bit integers or all as 128-bit ones.
class Entries {
 public:
  // `keys`: of entry 0, where they are known.
  Entries(const Circuit& circuit, const Trace& trace, const Lookup& lookup, const std::vector<std::int64_t>* keys) {
    for (const Expression& entry : lookup.entries) {
      if (keys != nullptr && values_.empty()) {
        values_.push_back({*keys, {}});
      } else {
        values_.push_back(evaluate_box(circuit, trace, lookup.domain, entry));
      }
      is_wide_ = is_wide_ || values_.back().is_wide();
    }
    for (BoxValues& entry : values_) {
      if (is_wide_ && !entry.is_wide()) entry.wide.assign(entry.narrow.begin(), entry.narrow.end());
    }
  }

  template <class Visit>
  void for_each_row(const TableIndex& index, const Visit& visit) const {
    if (is_wide_) {
      index.for_each_row(spans(&BoxValues::wide), visit);
    } else {
      index.for_each_row(spans(&BoxValues::narrow), visit);
    }
  }

 private:
  template <class Integer>
  std::vector<std::span<const Integer>> spans(std::vector<Integer> BoxValues::*values) const {
    std::vector<std::span<const Integer>> out;
    for (const BoxValues& entry : values_) out.push_back(entry.*values);
    return out;
  }

  std::vector<BoxValues> values_;
  bool is_wide_ = false;
};

}  // namespace

void fill_multiplicities(const Circuit& circuit, Trace& trace) {
  std::vector<TableIndex> index;
  for (const Table& table : circuit.tables) {
    index.emplace_back(table);
    trace.values[table.multiplicity].assign(index.back().rows(), 0);
  }
  for (std::size_t i = 0; i < circuit.lookups.size(); ++i) {
    const Lookup& lookup = circuit.lookups[i];
    std::vector<std::int64_t>& counts = trace.values[circuit.tables[lookup.table].multiplicity];
    Entries(circuit, trace, lookup, trace.keys_of(i))
        .for_each_row(index[lookup.table], [&](std::size_t, const std::optional<std::size_t>& row) {
          if (row) ++counts[*row];
        });
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
    const TableIndex index(circuit.tables[lookup.table]);
    std::optional<std::size_t> outside;
    Entries(circuit, trace, lookup, nullptr)
        .for_each_row(index, [&](std::size_t position, const std::optional<std::size_t>& row) {
          if (!row && !outside) outside = position;
        });
    if (outside) return "lookup " + lookup.name + " at " + at_index(lookup.domain, *outside);
  }
  if (!with_multiplicities) return std::nullopt;
  Trace expected = trace;
  expected.keys.clear();
  fill_multiplicities(circuit, expected);
  for (const Table& table : circuit.tables) {
    if (expected.values[table.multiplicity] != trace.values[table.multiplicity]) {
      return "multiplicities of " + circuit.tensors[table.multiplicity].name;
    }
  }
  return std::nullopt;
}

}  // namespace veil
