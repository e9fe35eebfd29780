#include "support/proving.h"

#include "base/check.h"
#include "base/random.h"

namespace veil::testing {

Drbg fresh_drbg() {
  Digest seed;
  fill_random(seed);
  return Drbg(seed);
}

std::shared_ptr<const PreparedCircuit> prepare(const Circuit& circuit, unsigned log_columns) {
  auto prepared = PreparedCircuit::prepare(circuit, log_columns);
  VEIL_CHECK(prepared.ok());
  return std::make_shared<const PreparedCircuit>(std::move(prepared).value());
}

namespace {

SecretVector<Fr> copy_of(const SecretVector<Fr>& values) {
  const auto span = values.expose();
  return SecretVector<Fr>(std::vector<Fr>(span.begin(), span.end()));
}

const RowCommitter& committer_for(std::size_t columns) {
  static std::map<std::size_t, std::unique_ptr<RowCommitter>> cache;
  auto& entry = cache[columns];
  if (!entry) entry = std::make_unique<RowCommitter>(columns);
  return *entry;
}

std::vector<G1Affine> commit_owner(const Setting& setting, Owner owner) {
  static const RowBlinder blinder;
  const Layout& layout = setting.circuit->layout();
  const RowRange rows = layout.rows(owner);
  return commit_rows(committer_for(layout.columns()), blinder, setting.rows.matrix, rows,
                     setting.rows.blinders.expose().subspan(rows.first, rows.count));
}

void take_public_values(Setting& setting) {
  const Circuit& circuit = setting.circuit->circuit();
  setting.public_values.assign(circuit.tensors.size(), {});
  for (std::size_t id = 0; id < circuit.tensors.size(); ++id) {
    if (circuit.tensors[id].owner == Owner::kPublic) setting.public_values[id] = setting.trace.values[id];
  }
}

}  // namespace

Setting make_setting(std::shared_ptr<const PreparedCircuit> circuit, Trace trace, std::string_view context) {
  Setting out;
  out.circuit = std::move(circuit);
  out.trace = std::move(trace);
  out.rows.matrix = out.circuit->layout().matrix(out.trace);
  Drbg drbg = fresh_drbg();
  out.rows.blinders = sample_blinders(drbg, out.circuit->layout().total_rows());
  out.model_rows = commit_owner(out, Owner::kModel);
  out.input_rows = commit_owner(out, Owner::kInput);
  out.rows.witness = commit_owner(out, Owner::kWitness);
  take_public_values(out);
  const ByteView bytes = as_bytes(context);
  out.context.assign(bytes.begin(), bytes.end());
  return out;
}

Setting with_trace(const Setting& honest, Trace trace) {
  Setting out;
  out.circuit = honest.circuit;
  out.trace = std::move(trace);
  out.rows.matrix = out.circuit->layout().matrix(out.trace);
  out.rows.blinders = copy_of(honest.rows.blinders);
  out.model_rows = honest.model_rows;
  out.input_rows = honest.input_rows;
  out.rows.witness = commit_owner(out, Owner::kWitness);
  out.public_values = honest.public_values;
  out.context = honest.context;
  return out;
}

Bytes Setting::prove(const Deviations* deviations) const {
  Drbg drbg = fresh_drbg();
  const Pads pads = Pads::sample(drbg, circuit->num_slots(), circuit->layout().columns());
  return prove_argument(statement(), trace, rows, pads, deviations);
}

}  // namespace veil::testing
