// A hand-made circuit with everything a proof of it needs: rows, blinders, pads.
#pragma once

#include <memory>

#include "prove/argument.h"
#include "support/mlp_circuit.h"
#include "verify/argument.h"
#include "verify/statement.h"

namespace veil::testing {

struct Setting {
  std::shared_ptr<const PreparedCircuit> circuit;
  Trace trace;
  CommittedRows rows;
  std::vector<G1Affine> model_rows;
  std::vector<G1Affine> input_rows;
  PublicValues public_values;
  Bytes context;

  Statement statement() const { return {*circuit, model_rows, input_rows, public_values, context}; }
  Bytes prove(const Deviations* deviations = nullptr) const;
};

std::shared_ptr<const PreparedCircuit> prepare(const Circuit& circuit, unsigned log_columns);

// Commits model, input and witness rows of the trace with fresh blinders.
Setting make_setting(std::shared_ptr<const PreparedCircuit> circuit, Trace trace, std::string_view context = "context");

// The same statement (its model and input rows stay), another trace: what a patched prover would send.
Setting with_trace(const Setting& honest, Trace trace);

Drbg fresh_drbg();

// The protocol without blinding or commitments, prover and verifier in one run: names of the checks that failed, in
// order ("open/g" where the opened row does not give the last claim). `lie` may change the answer of a slot.
struct NativeRun {
  std::vector<std::string> failed;
  std::vector<std::string> labels;
  std::vector<Fr> sent;
};
NativeRun run_native(const PreparedCircuit& circuit, const Trace& trace, const PublicValues& public_values,
                     const std::function<Fr(std::size_t, const Fr&)>& lie = {});
PublicValues public_values_of(const Circuit& circuit, const Trace& trace);

// The verifier's side on scalars that were sent before.
std::vector<std::string> check_native(const PreparedCircuit& circuit, const Trace& rows_of,
                                      const PublicValues& public_values, const std::vector<Fr>& sent);

}  // namespace veil::testing
