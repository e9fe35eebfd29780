// A proof as it travels: what it claims to be about, and the argument. docs/format.md has every byte.
//
//   "veil/proof/1" | model id (32) | keccak256(context) (32) | public values | input rows | argument
// The ids let a verifier name what does not match before any cryptography; the argument binds all of it again.
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/verdict.h"
#include "verify/model_key.h"

namespace veil {

struct Proof {
  Digest model_id{};
  Digest context_digest{};
  PublicValues public_values;  // by TensorId
  std::vector<G1Affine> input_rows;
  Bytes argument;
};

Bytes write_proof(const PreparedCircuit& circuit, const Proof& proof);

struct ProofHeader {
  Digest model_id{};
  Digest context_digest{};
};
// The part that can be read without the model's key.
std::optional<ProofHeader> read_proof_header(ByteView bytes);

// What the caller expects; a proof never brings its own context (attacks 17).
struct Expected {
  ByteView context;
  std::optional<PublicValues> public_values;        // nothing: whatever the proof states, reported back
  std::optional<std::vector<G1Affine>> input_rows;  // nothing: the prover's own commitment
};

struct Verification {
  Verdict verdict;
  PublicValues public_values;  // meaningful only when accepted
  std::vector<G1Affine> input_rows;
};

// Names: format/..., statement/model, statement/context, statement/public, statement/input, and those of argument.h.
Verification verify(const VerifiedModel& model, const Expected& expected, ByteView proof);

// Many proofs by few multi-scalar multiplications (verify/discharge.h): each gets the verdict that verify() would give
// it, one Verification for each, in order. Proofs of one model share its rows and the generators, so a proof among many
// costs a fraction of one alone. Memory besides the result is bounded, however many proofs there are.
inline constexpr std::size_t kMaxTermsInFlight = std::size_t{1} << 18;  // of owed equations: at most 24 MiB
struct PresentedProof {
  const VerifiedModel& model;
  const Expected& expected;
  ByteView proof;
};
std::vector<Verification> verify_all(std::span<const PresentedProof> presented);
std::vector<Verification> verify_all(const VerifiedModel& model, const Expected& expected,
                                     std::span<const ByteView> proofs);

// A key and the first proofs of it. The key's registration joins the proofs' multi-scalar multiplication.
struct KeyVerification {
  VerifiedModel::Checked key;
  std::vector<Verification> proofs;  // where the key is rejected: all rejected, by the key's verdict
};
KeyVerification verify_with_key(PendingModel key, const Expected& expected, std::span<const ByteView> proofs);

}  // namespace veil
