// What each step of a model costs a proof.
#pragma once

#include "circuit/circuit.h"
#include "quant/quantised_graph.h"
#include "service/json.h"

namespace veil {

// Of every step: its operator, the values it commits, its lookups, and their share of those of all steps.
Json cost_by_step(const QuantisedGraph& graph, const Circuit& circuit);

}  // namespace veil
