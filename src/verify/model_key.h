// The public side of a model: what a verifier holds, and when it may be trusted.
//
//   model id = keccak256("veil/model/1" || protocol version || circuit digest || log columns || generators digest ||
//              ordered model rows || visibility || digest of the registration circuit of each part)   (attacks 13)
// A key is checked in three steps: the circuit by the structural validator (attacks 1), the ranges of the weights by
// the registration proof, and the function it computes by whoever pins the id or audits it. verify() takes a
// VerifiedModel.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/verdict.h"
#include "verify/discharge.h"
#include "verify/statement.h"

namespace veil {

enum class Visibility : std::uint8_t { kHidden = 0, kPublic = 1 };

struct ModelKey {
  Circuit circuit;
  unsigned log_columns = 0;
  Visibility visibility = Visibility::kHidden;
  std::vector<G1Affine> model_rows;
  Bytes registration_proof;  // of the parts (verify/registration.h); empty when the circuit has no model tensors
};

void write_model_key(Writer& writer, const ModelKey& key);
Result<ModelKey> read_model_key(Reader& reader);

inline constexpr std::string_view kRegistrationContext = "veil/registration/1";

// How the verifier came to trust that the circuit is the function it is called by.
enum class Trust : std::uint8_t {
  kGiven = 0,    // the key file was taken as it is: validator and registration proof only
  kPinned = 1,   // its id equals one that the caller stated
  kAudited = 2,  // its circuit was re-derived from a quantised graph or model
};

class PendingModel;

class VerifiedModel {
 public:
  struct Checked {
    Verdict verdict;
    std::shared_ptr<VerifiedModel> model;  // set when accepted
  };
  // Runs the validator and the registration proof. With an expected id, a key of another id is rejected as model/id.
  // Names: model/id, model/rows, model/registration (detail: its own name), model/size, circuit/...
  static Checked check(ModelKey key, const std::optional<Digest>& expected_id);

  const Digest& id() const { return id_; }
  Trust trust() const { return trust_; }
  void mark_audited() { trust_ = Trust::kAudited; }
  Visibility visibility() const { return visibility_; }
  const PreparedCircuit& circuit() const { return *circuit_; }
  const std::vector<G1Affine>& model_rows() const { return model_rows_; }
  // Where the transcript of each of its proofs begins: absorb_model of the two above.
  const Transcript& transcript() const { return transcript_; }

 private:
  friend class PendingModel;
  explicit VerifiedModel(std::shared_ptr<const PreparedCircuit> circuit) : circuit_(std::move(circuit)) {}

  Digest id_{};
  Trust trust_ = Trust::kGiven;
  Visibility visibility_ = Visibility::kHidden;
  std::shared_ptr<const PreparedCircuit> circuit_;
  std::vector<G1Affine> model_rows_;
  Transcript transcript_;
};

// A key of which everything but the registration proof's group equations was checked. It is not yet a model: those
// equations are decided together with the first proofs of it (verify_with_key in verify/proof.h), over the same rows
// and generators, or alone by settle().
struct CheckedKey;

class PendingModel {
 public:
  // Names: those of VerifiedModel::check.
  static CheckedKey check(ModelKey key, const std::optional<Digest>& expected_id);

  VerifiedModel::Checked settle() &&;

 private:
  friend class KeyVerifier;  // verify/proof.cc
  explicit PendingModel(std::shared_ptr<VerifiedModel> model) : model_(std::move(model)) {}

  // What verdicts on the registration's equations make of the key.
  VerifiedModel::Checked decided(std::span<const Verdict> registration) &&;

  std::shared_ptr<VerifiedModel> model_;
  std::vector<OwedEquations> registration_;  // of each part; nothing: no model tensors
};

struct CheckedKey {
  Verdict so_far;
  std::optional<PendingModel> pending;  // set when nothing is wrong so far
};

Digest compute_model_id(const PreparedCircuit& circuit, std::span<const G1Affine> model_rows, Visibility visibility);

}  // namespace veil
