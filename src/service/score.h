// How often a model's decisions are right.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "data/data.h"
#include "quant/claim.h"
#include "quant/quantised_graph.h"

namespace veil {

// The decision about a row: the class of an output of several elements (its largest); else whether the claim is true;
// else, without a claim, whether the one value is at least 0.5.
struct Scorer {
  const QuantisedGraph& graph;
  const Claim& claim;  // no terms: none

  // `outputs`: row after row. Nothing where the labels are no such decisions: not 0 or 1 (or false, true), not a class.
  std::optional<double> accuracy(const std::vector<double>& outputs, const std::vector<Label>& labels) const;

  std::int64_t decision(std::span<const double> output) const;
  std::optional<std::int64_t> expected(const Label& label, std::size_t width) const;
};

}  // namespace veil
