#include "verify/statement.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <string>

#include "argument/argue.h"
#include "base/limits.h"
#include "checker/checker.h"
#include "circuit/tables.h"
#include "curve/generators.h"

namespace veil {

namespace {

// Field elements that the verifier makes for a circuit: 1 GiB, and about as much again where they are cut at the rows
// of the matrix. Rows are points of its one sum.
constexpr std::int64_t kMaxReads = std::int64_t{1} << 25;
constexpr std::size_t kMaxRows = std::size_t{1} << 20;
constexpr std::size_t kMaxSlots = 4096;

std::int64_t sum_of(const std::vector<std::int64_t>& lengths) {
  return std::accumulate(lengths.begin(), lengths.end(), std::int64_t{1});
}

// The weights of a view: on each axis of its tensor, and on each combination of the axes that index it.
std::int64_t view_reads(const Circuit& circuit, const Domain& domain, const View& view) {
  std::int64_t reads = sum_of(domain.extent);
  if (!view.tensor) return reads;
  const Tensor& tensor = circuit.tensors[*view.tensor];
  reads += sum_of(tensor.shape) + (tensor.owner == Owner::kPublic ? shape_size(tensor.shape) : 0);
  for (const AxisIndex& index : view.index) {
    std::int64_t combinations = 1;
    for (const AxisTerm& term : index.terms) {
      combinations = std::min(combinations * domain.extent[term.axis], kMaxReads);
    }
    reads += combinations;
  }
  return reads;
}

// What the verifier's work and memory follow from, counted before either is spent: a key may come from anybody.
class ReadCount {
 public:
  ReadCount(const Circuit& circuit, const RowLayout& layout) : circuit_(circuit), layout_(layout) {
    for (const Tensor& tensor : circuit.tensors) {
      if (tensor.owner == Owner::kPublic) add(shape_size(tensor.shape));
    }
    for (const Table& table : circuit.tables) add(static_cast<std::int64_t>(table_rows(table) * table_arity(table)));
    for (const Identity& identity : circuit.identities) add(identity.domain, identity.expression);
    for (const Lookup& lookup : circuit.lookups) {
      for (const Expression& entry : lookup.entries) add(lookup.domain, entry);
    }
  }
  bool is_small() const { return reads_ <= kMaxReads; }

 private:
  void add(std::int64_t reads) { reads_ = std::min(reads_ + reads, kMaxReads + 1); }

  void add(const Domain& domain, const Expression& expression) {
    add(sum_of(domain.extent));
    const auto add_form = [&](const Form& form) {
      for (const LinearTerm& term : form) {
        add(view_reads(circuit_, domain, term.view));
        add_groups(domain, term.view);
      }
    };
    add_form(expression.linear);
    for (const ProductTerm& product : expression.products) {
      add(sum_of(domain.extent));
      add_form(product.left);
      add_form(product.right);
    }
  }

  // The groups of the column reduction that a view's claims can make: an entry for each row of the tensor and a list of
  // column weights for each part. A tensor within one row shares that row's group, which is counted once.
  void add_groups(const Domain& domain, const View& view) {
    constexpr std::int64_t kEntry = 4;  // of a map, in field elements
    if (!view.tensor || circuit_.tensors[*view.tensor].owner == Owner::kPublic) return;
    const auto cut = layout_.cut_axis(*view.tensor);
    const RowLayout::Cost cost = layout_.cost(*view.tensor, !cut || is_plain(domain, view, *cut));
    const auto columns = static_cast<std::int64_t>(layout_.columns());
    if (cost.rows == 1) {
      if (single_rows_.insert(*view.tensor).second) add(columns);
      return;
    }
    add(static_cast<std::int64_t>(cost.rows) * kEntry + static_cast<std::int64_t>(cost.parts) * columns);
  }

  bool is_plain(const Domain& domain, const View& view, std::size_t axis) const {
    const AxisIndex& index = view.index[axis];
    return index.terms.size() == 1 && index.terms[0].coefficient == 1 && index.offset == 0 &&
           domain.extent[index.terms[0].axis] == circuit_.tensors[*view.tensor].shape[axis];
  }

  const Circuit& circuit_;
  const RowLayout& layout_;
  std::set<TensorId> single_rows_;
  std::int64_t reads_ = 0;
};

}  // namespace

PreparedCircuit::PreparedCircuit(Circuit circuit, unsigned log_columns)
    : circuit_(std::move(circuit)), layout_(circuit_, log_columns), digest_(circuit_digest(circuit_)) {
  SlotCount slots;
  PublicValues zeros(circuit_.tensors.size());
  for (std::size_t id = 0; id < zeros.size(); ++id) {
    const Tensor& tensor = circuit_.tensors[id];
    if (tensor.owner == Owner::kPublic) zeros[id].assign(static_cast<std::size_t>(shape_size(tensor.shape)), 0);
  }
  argue(slots, circuit_, layout_, zeros);
  opening_ = {log_columns, slots.count(), slots.num_opened()};
}

Result<PreparedCircuit> PreparedCircuit::prepare(Circuit circuit, unsigned log_columns) {
  if (log_columns < 1 || log_columns > kMaxLogColumns) {
    return Error{"The number of columns is 2^" + std::to_string(log_columns) + "; it must be 2^1 to 2^" +
                 std::to_string(kMaxLogColumns) + "."};
  }
  const Error too_large{"The circuit is too large for this version of Veil."};
  if (!layout_fits(circuit, log_columns)) return too_large;
  {
    const RowLayout layout(circuit, log_columns);
    if (layout.total_rows() > kMaxRows || !ReadCount(circuit, layout).is_small()) return too_large;
  }
  PreparedCircuit prepared(std::move(circuit), log_columns);
  if (prepared.num_slots() > kMaxSlots) {
    return Error{"The circuit needs " + std::to_string(prepared.num_slots()) + " messages; at most " +
                 std::to_string(kMaxSlots) + " are supported."};
  }
  return prepared;
}

std::size_t PreparedCircuit::proof_size_bytes() const {
  return 32 * (layout_.rows(Owner::kWitness).count + opening_.num_points() + opening_.num_scalars());
}

Verdict check_statement(const Statement& statement) {
  const Circuit& circuit = statement.circuit.circuit();
  const RowLayout& layout = statement.circuit.layout();
  if (statement.model_rows.size() != layout.rows(Owner::kModel).count)
    return Verdict::reject("statement/rows", "model");
  if (statement.input_rows.size() != layout.rows(Owner::kInput).count)
    return Verdict::reject("statement/rows", "input");
  if (statement.context.size() > kMaxContextBytes) return Verdict::reject("statement/context", "too long");
  if (statement.public_values.size() != circuit.tensors.size()) return Verdict::reject("statement/public");
  for (std::size_t id = 0; id < circuit.tensors.size(); ++id) {
    const Tensor& tensor = circuit.tensors[id];
    const std::vector<std::int64_t>& values = statement.public_values[id];
    const bool is_public = tensor.owner == Owner::kPublic;
    if (values.size() != (is_public ? static_cast<std::size_t>(shape_size(tensor.shape)) : 0)) {
      return Verdict::reject("statement/public", tensor.name);
    }
    for (const std::int64_t value : values) {
      if (value < tensor.low || value > tensor.high) return Verdict::reject("statement/public", tensor.name);
    }
  }
  return Verdict::accept();
}

void absorb_row(Transcript& transcript, std::string_view prefix, std::size_t index, const G1Affine& point) {
  transcript.absorb_point(std::string(prefix) + "/" + std::to_string(index), compress(point));
}

void absorb_model(Transcript& transcript, const PreparedCircuit& circuit, std::span<const G1Affine> model_rows) {
  const RowLayout& layout = circuit.layout();
  transcript.absorb_bytes("version", as_bytes(kProtocolVersion));
  transcript.absorb_bytes("circuit", circuit.digest());
  transcript.absorb_bytes("generators", generators_digest());
  Writer sizes;
  sizes.u32(layout.log_columns());
  sizes.u64(circuit.num_slots());
  for (const Owner owner : {Owner::kModel, Owner::kInput, Owner::kWitness}) sizes.u64(layout.rows(owner).count);
  transcript.absorb_bytes("sizes", sizes.bytes());
  for (std::size_t i = 0; i < model_rows.size(); ++i) absorb_row(transcript, "model", i, model_rows[i]);
}

void absorb_instance(Transcript& transcript, const Statement& statement) {
  for (std::size_t i = 0; i < statement.input_rows.size(); ++i) {
    absorb_row(transcript, "input", i, statement.input_rows[i]);
  }
  for (std::size_t id = 0; id < statement.public_values.size(); ++id) {
    const std::string label = "public/" + statement.circuit.circuit().tensors[id].name + "/";
    for (std::size_t i = 0; i < statement.public_values[id].size(); ++i) {
      transcript.absorb_scalar(label + std::to_string(i), Fr::from_int(statement.public_values[id][i]));
    }
  }
  transcript.absorb_bytes("context", statement.context);
}

void absorb_statement(Transcript& transcript, const Statement& statement) {
  absorb_model(transcript, statement.circuit, statement.model_rows);
  absorb_instance(transcript, statement);
}

}  // namespace veil
