// Who learns what of this model, this claim and a proof of it: facts of the actual circuit, and sentences made of these
// facts alone, so that no sentence can promise what the circuit does not do.
#pragma once

#include <string>
#include <vector>

#include "quant/quantised_graph.h"
#include "service/json.h"
#include "verify/model_key.h"
#include "verify/statement.h"

namespace veil {

struct Explained {
  const PreparedCircuit& circuit;
  Visibility visibility = Visibility::kHidden;
  const QuantisedGraph* graph = nullptr;  // that lowers to this circuit; null: what it is the model of is not known
};

// "facts": numbers and names; "key_shows", "proof_shows", "not_shown", "not_hidden": sentences; "parties": for prover,
// verifier and anyone, what they hold, learn and do not learn. `remarks`: of this very proof, for whoever made it.
Json explanation_json(const Explained& explained, const std::vector<std::string>& remarks = {});
// The same in words. From the JSON, so the two cannot differ.
std::string explanation_text(const Json& explanation);

// For somebody who has only the verifier's file: its graph, if it lowers to this circuit.
std::optional<QuantisedGraph> graph_of_circuit(const std::string& graph_json, const Circuit& circuit);

}  // namespace veil
