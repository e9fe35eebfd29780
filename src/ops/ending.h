// Claims on increasing functions are claims on their argument: for a threshold on a sigmoid or tanh at the end, or any
// claim on the two classes [1 - p, p] of a binary classifier, those last steps need not be lowered at all.
#pragma once

#include <vector>

#include "ops/analysis.h"
#include "quant/claim.h"
#include "quant/quantised_graph.h"

namespace veil {

// value[element] is at least, or at most, a bound.
struct Requirement {
  QuantId value = 0;
  std::int64_t element = 0;
  IntegerBound bound;
};

// The last steps that a claim can be proven without.
struct Ending {
  const QuantisedNode* pair = nullptr;
  const QuantisedNode* function = nullptr;
  std::vector<std::size_t> positions;  // of both, in graph.nodes
};

// Empty where the output is revealed, or where the claim needs the output itself (an argmax over several sigmoids).
Ending ending_of(const QuantisedGraph& graph, const Claim& claim);
// By node: true for those of the ending.
std::vector<bool> nodes_without_need(const QuantisedGraph& graph, const Analysis& analysis);

// The same requirement one step earlier.
Requirement before_function(const QuantisedNode& node, const Requirement& requirement);
Requirement before_pair(const QuantisedNode& node, const Requirement& requirement);
Requirement before_pair(const QuantisedNode& node, const ArgmaxIs& argmax);

// The node that makes a value; none for an input.
const QuantisedNode* producer(const QuantisedGraph& graph, QuantId id);

}  // namespace veil
