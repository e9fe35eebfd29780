// The group equations of many arguments, checked by one multi-scalar multiplication.
//
//   z = coin of all c_i;   sum_i z^i sum_j c_i^j E_ij = 0          E_ij: equation j of argument i
// Notation: c_i the last coin of argument i, `open/combine`, drawn after everything public and every message of it.
// Transcript: a fresh one absorbs c_0 .. c_{n-1} and draws z: all that the equations are made of is fixed before z, in
//   all arguments, so an error in one cannot be made to cancel an error in another. No randomness of the verifier: the
//   same arguments in the same order give the same verdicts.
// Soundness: with m equations each, a false one survives its c_i with probability at most (m - 1)/p, and then z with at
//   most (n - 1)/p. Where the sum fails it is halved, with the factors as they are, until single arguments are left;
//   each of the fewer than 2n sums is over arguments that were fixed before z: together below 2 n (n + m)/p, which for
//   n = 2^20 is below 2^-210.
// Errors: an argument alone whose sum fails is rejected by the name of the first equation that does not hold; the
//   others are accepted.
#pragma once

#include <span>
#include <vector>

#include "base/verdict.h"
#include "verify/group_equation.h"

namespace veil {

// What an argument owes when everything else of it was checked.
struct OwedEquations {
  std::span<const G1Affine> model_rows;  // of the statement; must outlive the check
  std::vector<GroupEquation> equations;
  Fr coin;  // drawn after everything in the argument

  std::size_t num_terms() const;
};

// One verdict for each.
std::vector<Verdict> discharge(std::span<const OwedEquations> owed);

}  // namespace veil
