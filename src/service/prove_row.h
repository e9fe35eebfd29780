// A key and a row of data become a proof, or a sentence that says why there can be none.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "prove/prover.h"
#include "service/owned_model.h"

namespace veil {

struct RowProof {
  std::optional<ProofOutput> proof;    // its `online` has the witness too
  std::string refusal;                 // a sentence, where the claim is false; for the owner, who knows the output
  std::vector<std::string> saturated;  // names of elements outside the range seen at setup, cut to it
};

// `profile` is told of the phases witness and those of Prover::prove.
Result<RowProof> prove_row(const OwnedModel& model, const RealRow& row, ByteView context, PadStore* store = nullptr,
                           Profile* profile = nullptr);

// "Outside the range seen at setup, and cut to it: ..."; empty for no names.
std::string saturation_text(const std::vector<std::string>& names);

}  // namespace veil
