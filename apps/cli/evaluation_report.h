// evaluation.html and evaluation.json: how close the integers are to the float model, for readers who know models and
// no cryptography. For the owner: errors and ranges come from the weights and the data.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/outcome.h"
#include "ops/choose_bits.h"
#include "service/owned_model.h"
#include "service/score.h"

namespace veil::cli {

// The same model at another number of bits, on the same rows.
struct BitsTried {
  unsigned bits = 0;
  double agreement = 0;
  std::optional<double> accuracy;
  double largest_error = 0;
  std::string refused;  // why it cannot be done at these bits; empty: it can
};

struct EvaluationFacts {
  const OwnedModel& owned;
  const QuantisedModel& model;
  const RunComparison& runs;
  const std::vector<Label>& labels;  // none: empty
  const std::vector<BitsTried>& tried;
};

// What the page shows, advice included. `summary`: what `veil evaluate --json` prints.
Json evaluation_json(const Json& summary, const EvaluationFacts& facts);

// One page that needs nothing else. Without a plotting library at build time it has tables only, and says so.
std::string evaluation_page(const Json& evaluation);

}  // namespace veil::cli
