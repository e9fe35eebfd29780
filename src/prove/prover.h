// Setting a model up, and proving with it. One Prover serves many proofs: the key is loaded and checked once.
//
// Randomness (attacks 9): every scalar of a proof that must not repeat is expanded from
//   seed = keccak256("veil/seed/1" || fresh entropy || secret of the key || witness || statement)
// so neither a frozen generator nor a cloned machine makes two different proofs with one set of pads. The witness is
// the input and witness rows; the model's integers need no place in it. They are those of the key and never the trace's
// (prove refuses a trace with others), and the statement's model id is a hash of the commitments to their rows, so two
// runs with different weights differ in the statement, and two runs with one seed are one transcript. With a PadStore
// the pads come from pairs prepared ahead, combined by h = keccak256("veil/pair/1" || fresh entropy || statement || row
// commitments).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "circuit/trace.h"
#include "prove/argument.h"
#include "prove/pad_store.h"
#include "prove/profile.h"
#include "prove/randomness.h"
#include "prove/stopwatch.h"
#include "verify/model_key.h"
#include "verify/proof.h"

namespace veil {

// What the owner of a model keeps. Secret where the model is hidden.
struct ProverKey {
  ModelKey model;
  std::vector<IntegerArray> weights;  // by TensorId of model.circuit; empty for other owners
  SecretVector<Fr> row_blinders;      // of the model rows; empty for a public model
  Secret<Digest> secret;              // mixed into every seed
};

void write_prover_key(Writer& writer, const ProverKey& key);
// Checks shapes and ranges; does not check that the rows commit to the weights (Prover::open does, on request).
Result<ProverKey> read_prover_key(Reader& reader);

struct SetupOptions {
  Visibility visibility = Visibility::kHidden;
  std::optional<unsigned> log_columns;                                // nothing: chosen by cost
  std::function<void(std::string_view stage, double done)> progress;  // may be empty
};

// Commits the weights and proves their ranges. `weights`: by TensorId. Fails by a sentence when the circuit does not
// pass the validator or is too large.
Result<ProverKey> set_up_model(const Circuit& circuit, std::vector<IntegerArray> weights, const SetupOptions& options);

// The rows of a model. Without blinders (a public model) anybody can recompute them.
std::vector<G1Affine> commit_model_rows(const PreparedCircuit& circuit, const std::vector<IntegerArray>& weights,
                                        std::span<const Fr> row_blinders);

// The same for weights as plain integers.
inline std::vector<IntegerArray> narrowest(const std::vector<std::vector<std::int64_t>>& weights) {
  return {weights.begin(), weights.end()};
}
inline Result<ProverKey> set_up_model(const Circuit& circuit, const std::vector<std::vector<std::int64_t>>& weights,
                                      const SetupOptions& options) {
  return set_up_model(circuit, narrowest(weights), options);
}

// The number of columns with the least cost: proof bytes and points in the verifier's sum (docs/decisions).
Result<unsigned> choose_log_columns(const Circuit& circuit);

struct ProofOutput {
  Bytes proof;     // as verify() reads it
  Timing online;   // everything but the preparation of pads
  Timing offline;  // preparation of pads
};

class Prover {
 public:
  static Result<Prover> open(ProverKey key);

  const PreparedCircuit& circuit() const { return *circuit_; }
  const Digest& model_id() const { return model_id_; }
  const ProverKey& key() const { return *key_; }

  // A trace of this circuit with nothing in it but the model's tensors, which it shares with the key.
  Trace new_trace() const;

  // The trace must satisfy the circuit (a false one gives bytes that do not verify); public tensors are taken from it.
  // Refuses a trace whose model tensors are not those of the key; one made from new_trace() costs no comparison.
  // `profile` is told of the phases commit, pads, and those of prove_argument().
  Result<ProofOutput> prove(const Trace& trace, ByteView context, PadStore* store = nullptr,
                            Profile* profile = nullptr) const;

  // Prepares pairs of pads for this model until the store holds so many; safe beside proofs in other threads.
  void fill(PadStore& store, std::size_t pairs) const { store.fill(pairs, entropy_, key_->secret.expose()); }

  // Tests only: other entropy.
  void set_entropy(Entropy entropy) { entropy_ = std::move(entropy); }

 private:
  Prover() = default;

  std::shared_ptr<const ProverKey> key_;
  std::shared_ptr<const PreparedCircuit> circuit_;
  std::shared_ptr<const RowCommitter> committer_;
  std::shared_ptr<const RowBlinder> blinder_;
  RowMatrix model_rows_;    // the model's part of the matrix, shared by all proofs
  Transcript after_model_;  // the model's part of the transcript
  Digest model_id_{};
  Entropy entropy_;
};

}  // namespace veil
