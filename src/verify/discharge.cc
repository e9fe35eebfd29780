#include "verify/discharge.h"

#include "field/arrays.h"
#include "transcript/transcript.h"

namespace veil {

namespace {

Fr draw_coin(std::span<const OwedEquations> owed) {
  Transcript transcript;
  for (const OwedEquations& one : owed) transcript.absorb_scalar("batch/argument", one.coin);
  return transcript.challenge("batch/combine");
}

bool holds(std::span<const OwedEquations> owed, std::span<const Fr> factors) {
  GroupSum sum;
  for (std::size_t i = 0; i < owed.size(); ++i) {
    Fr factor = factors[i];
    for (const GroupEquation& equation : owed[i].equations) {
      sum.add(equation, owed[i].model_rows, factor);
      factor *= owed[i].coin;
    }
  }
  return sum.is_identity();
}

Verdict name_culprit(const OwedEquations& owed) {
  for (const GroupEquation& equation : owed.equations) {
    GroupSum sum;
    sum.add(equation, owed.model_rows, Fr::one());
    if (!sum.is_identity()) return Verdict::reject(equation.name);
  }
  return Verdict::reject("open/combined");  // not reachable: a sum of true equations is true
}

// The verdicts begin as accepted.
void check(std::span<const OwedEquations> owed, std::span<const Fr> factors, std::span<Verdict> verdicts) {
  if (owed.empty() || holds(owed, factors)) return;
  if (owed.size() == 1) {
    verdicts[0] = name_culprit(owed[0]);
    return;
  }
  const std::size_t half = owed.size() / 2;
  check(owed.first(half), factors.first(half), verdicts.first(half));
  check(owed.subspan(half), factors.subspan(half), verdicts.subspan(half));
}

}  // namespace

std::size_t OwedEquations::num_terms() const {
  std::size_t count = 0;
  for (const GroupEquation& equation : equations) count += equation.num_terms();
  return count;
}

std::vector<Verdict> discharge(std::span<const OwedEquations> owed) {
  std::vector<Verdict> verdicts(owed.size(), Verdict::accept());
  check(owed, powers(draw_coin(owed), owed.size()), verdicts);
  return verdicts;
}

}  // namespace veil
