// The prover's side of the einsum argument: folds factors to tables and gives the coefficients of the rounds.
#pragma once

#include <array>
#include <vector>

#include "circuit/trace.h"
#include "einsum/check/einsum.h"

namespace veil {

class EinsumAnswers {
 public:
  EinsumAnswers(const Circuit& circuit, const Trace& trace) : circuit_(circuit), trace_(trace) {}

  Fr answer(const EinsumRoundQuestion& question);

 private:
  struct TermTables {
    std::size_t asleep;  // rounds before the term's own variables
    Fr factor;           // coefficient / 2^asleep
    Fr sleeping_sum;     // coefficient * sum of the whole term
    std::vector<Fr> eq;  // empty: no batch axis, weight 1
    std::vector<Fr> left;
    std::vector<Fr> right;
  };

  void build(const EinsumRoundQuestion& question);
  std::vector<Fr> fold_factor(const Form& form, const Term& term, const AxisWeights& folded) const;
  void add_round(TermTables& term, std::size_t round, std::span<const Fr> bound);

  const Circuit& circuit_;
  const Trace& trace_;
  std::vector<TermTables> terms_;
  std::array<Fr, 4> coefficients_;
};

}  // namespace veil
