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

}  // namespace veil
