#include "prove/prover.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/limits.h"
#include "base/random.h"
#include "circuit/range.h"
#include "circuit/validate.h"
#include "curve/generators.h"
#include "curve/sample.h"
#include "verify/argument.h"

namespace veil {

namespace {

void system_entropy(std::span<std::uint8_t> out) { fill_random(out); }

PublicValues public_values_of(const Circuit& circuit, const Trace& trace) {
  PublicValues out(circuit.tensors.size());
  for (std::size_t id = 0; id < out.size(); ++id) {
    if (circuit.tensors[id].owner == Owner::kPublic) out[id] = trace.values[id];
  }
  return out;
}

// Is every model tensor of the trace the key's, or absent?
bool has_weights_of(const ProverKey& key, const Trace& trace) {
  for (std::size_t id = 0; id < key.weights.size(); ++id) {
    if (key.model.circuit.tensors[id].owner != Owner::kModel) continue;
    if (!trace.values[id].empty() ? !(IntegerArray(trace.values[id]) == key.weights[id])
                                  : id >= trace.shared.size() || !(trace.shared[id] == key.weights[id])) {
      return false;
    }
  }
  return true;
}

}  // namespace

Trace Prover::new_trace() const {
  Trace trace = empty_trace(circuit_->circuit());
  trace.shared = key_->weights;
  return trace;
}

Result<Prover> Prover::open(ProverKey key) {
  Prover out;
  if (const Verdict verdict = check_structure(key.model.circuit); !verdict.accepted()) {
    return Error{"The prover's key is damaged: its circuit is none (" + verdict.name() + " " + verdict.detail() + ")."};
  }
  VEIL_TRY(circuit, PreparedCircuit::prepare(key.model.circuit, key.model.log_columns));
  const std::size_t rows = circuit.layout().rows(Owner::kModel).count;
  if (key.model.model_rows.size() != rows || (!key.row_blinders.empty() && key.row_blinders.size() != rows)) {
    return Error{"The prover's key is damaged: its rows do not fit its circuit."};
  }
  out.circuit_ = std::make_shared<const PreparedCircuit>(std::move(circuit));
  out.model_id_ = compute_model_id(*out.circuit_, key.model.model_rows, key.model.visibility);
  out.committer_ = std::make_shared<const RowCommitter>(out.circuit_->layout().columns());
  out.blinder_ = std::make_shared<const RowBlinder>();
  out.key_ = std::make_shared<const ProverKey>(std::move(key));
  absorb_model(out.after_model_, *out.circuit_, out.key_->model.model_rows);
  out.model_rows_ = out.circuit_->layout().matrix(out.new_trace(), Owner::kModel);
  out.entropy_ = system_entropy;
  return out;
}

Result<ProofOutput> Prover::prove(const Trace& trace, ByteView context, PadStore* store, Profile* profile) const {
  enter_phase(profile, "commit");
  if (context.size() > kMaxContextBytes) {
    return Error{"The context is longer than " + std::to_string(kMaxContextBytes) + " bytes."};
  }
  if (!has_weights_of(*key_, trace)) return Error{"The trace holds other weights than the prover's key."};
  Stopwatch watch;
  ProofOutput out;
  const RowLayout& layout = circuit_->layout();
  RowMatrix own_rows = layout.matrix(trace, Owner::kInput);
  own_rows.append(layout.matrix(trace, Owner::kWitness));
  CommittedRows rows;
  rows.matrix = model_rows_;
  rows.matrix.append(own_rows);
  Proof proof;
  proof.model_id = model_id_;
  proof.context_digest = keccak256(context);
  proof.public_values = public_values_of(circuit_->circuit(), trace);
  const Digest statement = statement_digest(model_id_, proof.public_values, context);
  const Digest witness = matrix_digest(own_rows);
  Drbg drbg(derive_seed("veil/seed/1", entropy_, {key_->secret.expose(), witness, statement}));

  const RowRange model = layout.rows(Owner::kModel);
  const RowRange input = layout.rows(Owner::kInput);
  const RowRange witness_rows = layout.rows(Owner::kWitness);
  rows.blinders = SecretVector<Fr>(layout.total_rows());
  const std::span<Fr> blinders = rows.blinders.expose();  // the model's rows come first; a public model's have none
  const std::span<const Fr> of_model = key_->row_blinders.expose();
  std::copy(of_model.begin(), of_model.end(), blinders.begin());
  for (Fr& blinder : blinders.subspan(model.count)) blinder = sample_fr(drbg);
  proof.input_rows =
      commit_rows(*committer_, *blinder_, rows.matrix, input, blinders.subspan(input.first, input.count));
  rows.witness = commit_rows(*committer_, *blinder_, rows.matrix, witness_rows,
                             blinders.subspan(witness_rows.first, witness_rows.count));
  out.online += watch.lap();

  enter_phase(profile, "pads");
  const auto take_pads = [&]() -> Pads {
    std::optional<PadPair> pair = store != nullptr ? store->claim() : std::nullopt;
    if (!pair) return Pads::sample(drbg, circuit_->num_slots(), layout.columns(), committer_.get());
    Writer commitments;
    for (const G1Affine& row : proof.input_rows) commitments.raw(compress(row));
    for (const G1Affine& row : rows.witness) commitments.raw(compress(row));
    Drbg combiner(derive_seed("veil/pair/1", entropy_, {statement, commitments.bytes()}));
    return Pads::combine(pair->a, pair->b, sample_fr(combiner));
  };
  const bool warm = store != nullptr && store->available() > 0;
  const Pads pads = take_pads();
  (warm ? out.online : out.offline) += watch.lap();

  const Statement full{*circuit_, key_->model.model_rows, proof.input_rows, proof.public_values, context};
  proof.argument = prove_argument(full, trace, rows, pads, nullptr, &after_model_, profile, committer_.get());
  out.proof = write_proof(*circuit_, proof);
  out.online += watch.lap();
  return out;
}

}  // namespace veil
