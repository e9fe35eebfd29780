// report.json: what setup did with the model. For the owner: its ranges and errors come from the weights and the
// calibration data.
#pragma once

#include <string>

#include "ops/choose_bits.h"
#include "ops/lowering.h"
#include "service/json.h"
#include "verify/statement.h"

namespace veil {

// Of every proof file of this circuit: header, public values, input rows (docs/format.md), argument.
std::size_t proof_file_bytes(const PreparedCircuit& circuit);

struct ReportFacts {
  std::string model_id;
  const PreparedCircuit& circuit;
  std::size_t prover_bytes = 0, verifier_bytes = 0, proof_bytes = 0;
};

Json report_json(const QuantisedModel& model, const RunComparison& runs, const Lowering& lowering,
                 const ReportFacts& facts);

}  // namespace veil
