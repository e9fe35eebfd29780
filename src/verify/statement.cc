#include "verify/statement.h"

#include <string>

#include "argument/argue.h"
#include "base/limits.h"
#include "checker/checker.h"
#include "curve/generators.h"

namespace veil {

PreparedCircuit::PreparedCircuit(Circuit circuit, unsigned log_columns)
    : circuit_(std::move(circuit)), layout_(circuit_, log_columns), digest_(circuit_digest(circuit_)) {
  Transcript transcript;
  ZeroSource source;
  Schedule schedule(transcript, source);
  PublicValues zeros(circuit_.tensors.size());
  for (std::size_t id = 0; id < zeros.size(); ++id) {
    const Tensor& tensor = circuit_.tensors[id];
    if (tensor.owner == Owner::kPublic) zeros[id].assign(static_cast<std::size_t>(shape_size(tensor.shape)), 0);
  }
  argue(schedule, circuit_, layout_, zeros);
  num_slots_ = schedule.sent().size();
}

Result<PreparedCircuit> PreparedCircuit::prepare(Circuit circuit, unsigned log_columns) {
  if (log_columns < 1 || log_columns > kMaxLogColumns) {
    return Error{"The number of columns is 2^" + std::to_string(log_columns) + "; it must be 2^1 to 2^" +
                 std::to_string(kMaxLogColumns) + "."};
  }
  if (!layout_fits(circuit, log_columns)) return Error{"The circuit is too large for this version of Veil."};
  PreparedCircuit prepared(std::move(circuit), log_columns);
  if (prepared.num_slots_ > kMaxGenerators) {
    return Error{"The circuit needs " + std::to_string(prepared.num_slots_) + " messages; at most " +
                 std::to_string(kMaxGenerators) + " are supported."};
  }
  return prepared;
}

// witness rows, P, S, mask, T0, T1; slots, pads, row, delta and three blinders.
std::size_t PreparedCircuit::proof_size_bytes() const {
  return 32 * (layout_.rows(Owner::kWitness).count + 5 + 2 * num_slots_ + layout_.columns() + 4);
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

void absorb_statement(Transcript& transcript, const Statement& statement) {
  const PreparedCircuit& prepared = statement.circuit;
  const RowLayout& layout = prepared.layout();
  transcript.absorb_bytes("version", as_bytes(kProtocolVersion));
  transcript.absorb_bytes("circuit", prepared.digest());
  transcript.absorb_bytes("generators", generators_digest());
  Writer sizes;
  sizes.u32(layout.log_columns());
  sizes.u64(prepared.num_slots());
  for (const Owner owner : {Owner::kModel, Owner::kInput, Owner::kWitness}) sizes.u64(layout.rows(owner).count);
  transcript.absorb_bytes("sizes", sizes.bytes());
  for (std::size_t i = 0; i < statement.model_rows.size(); ++i) {
    absorb_row(transcript, "model", i, statement.model_rows[i]);
  }
  for (std::size_t i = 0; i < statement.input_rows.size(); ++i) {
    absorb_row(transcript, "input", i, statement.input_rows[i]);
  }
  for (std::size_t id = 0; id < statement.public_values.size(); ++id) {
    const std::string label = "public/" + prepared.circuit().tensors[id].name + "/";
    for (std::size_t i = 0; i < statement.public_values[id].size(); ++i) {
      transcript.absorb_scalar(label + std::to_string(i), Fr::from_int(statement.public_values[id][i]));
    }
  }
  transcript.absorb_bytes("context", statement.context);
}

}  // namespace veil
