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
    std::size_t asleep = 0;       // rounds before the term's own variables
    Fr factor;                    // coefficient / 2^asleep
    Fr sleeping_sum;              // coefficient * sum of the whole term; of a term that sleeps
    std::vector<Fr> eq_point;     // of the batch variables, which are bound first
    std::size_t batch_bound = 0;  // how many of them are
    Fr eq_bound = Fr::one();      // eq of their coordinates and their coins
    std::vector<Fr> left;         // bound so far; batch variables, then reduced ones
    std::vector<Fr> right;
  };
  struct Halves {
    Fr lower;  // of the entries with the next variable 0
    Fr upper;  // of those with 1
    Fr steps;  // of the differences
  };

  void build(const EinsumRoundQuestion& question);
  TermTables tables_of(const Term& term, std::size_t num_vars) const;
  static Fr whole_sum(const TermTables& term);
  static Fr block_product(std::span<const Fr> left, std::span<const Fr> right, std::size_t b, std::size_t block);
  static void bind(TermTables& term, const Fr& coin);
  Halves sum_halves(const TermTables& term, std::span<const Fr> eq_rest);
  void add_round(TermTables& term, std::size_t round, std::span<const Fr> bound);

  const Circuit& circuit_;
  const Trace& trace_;
  std::vector<TermTables> terms_;
  std::array<Fr, 4> coefficients_;
  std::vector<Fr> left_steps_;  // of one term and round, kept for their memory
  std::vector<Fr> right_steps_;
  std::vector<Fr> sums_;
};

}  // namespace veil
