// What a proof is about: everything public, absorbed before the first challenge (protocol section 9).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/verdict.h"
#include "circuit/circuit.h"
#include "claim/claims.h"
#include "commit/layout.h"
#include "curve/g1.h"
#include "opening/check/opening_shape.h"
#include "transcript/transcript.h"

namespace veil {

inline constexpr std::string_view kProtocolVersion = "veil/3/bn254/keccak256";

// A circuit with everything that follows from it: layout, digest, number of message slots.
class PreparedCircuit {
 public:
  // Fails when log_columns is out of range or the matrix would be too large. Does not validate (circuit/validate.h).
  static Result<PreparedCircuit> prepare(Circuit circuit, unsigned log_columns);

  const Circuit& circuit() const { return circuit_; }
  const RowLayout& layout() const { return layout_; }
  const Digest& digest() const { return digest_; }
  std::size_t num_slots() const { return opening_.num_slots; }
  const OpeningShape& opening() const { return opening_; }
  std::size_t proof_size_bytes() const;

 private:
  PreparedCircuit(Circuit circuit, unsigned log_columns);

  Circuit circuit_;
  RowLayout layout_;
  Digest digest_{};
  OpeningShape opening_;
};

// A proof of a statement means: the holder knows openings of the rows that satisfy the circuit.
struct Statement {
  const PreparedCircuit& circuit;
  std::span<const G1Affine> model_rows;
  std::span<const G1Affine> input_rows;
  const PublicValues& public_values;
  ByteView context;
};

// Names: statement/rows, statement/public, statement/context.
Verdict check_statement(const Statement& statement);
// The whole statement, on a fresh transcript: the model's part, then the rest.
void absorb_statement(Transcript& transcript, const Statement& statement);
// The part that all statements about one model share: version, circuit, generators, sizes, model rows. A verifier of
// many proofs absorbs it once and copies the transcript.
void absorb_model(Transcript& transcript, const PreparedCircuit& circuit, std::span<const G1Affine> model_rows);
// The part after it: input rows, public values, context.
void absorb_instance(Transcript& transcript, const Statement& statement);

// "row/3" and the like, and the absorb that goes with it.
void absorb_row(Transcript& transcript, std::string_view prefix, std::size_t index, const G1Affine& point);

}  // namespace veil
