#include "verify/joined_claims.h"

#include <algorithm>

namespace veil {

JoinedClaim joined_claims(const OpeningShape& shape, const OpeningClaim<AffineForm>& opening, const PadFold& fold,
                          std::span<const Fr> sent, const FoldClaims& claims) {
  JoinedClaim out{OpeningWeights(shape), claims.delta + claims.r * evaluate_form_at(opening.value, sent)};
  std::copy(opening.column_eq.begin(), opening.column_eq.end(), out.weights.row(shape.pad_rows()).begin());
  for (const AffineForm::Term& term : opening.value.terms()) out.weights.pad(term.slot) += term.coefficient;

  std::vector<Fr> known(shape.num_slots);
  for (const auto& [slot, pad] : claims.opened) known[slot] = pad;
  const PadFold::PadForm form = fold.linearise(claims.r, known);
  Fr power = claims.theta;
  for (std::size_t i = 0; i < shape.num_slots; ++i) out.weights.pad(i) += power * form.coefficients[i];
  out.weights.pad(shape.num_slots) += power;
  out.value += power * (claims.error + claims.r * claims.cross - form.constant);

  for (const auto& [slot, pad] : claims.opened) {
    power *= claims.theta;
    out.weights.pad(slot) += power;
    out.value += power * pad;
  }
  return out;
}

}  // namespace veil
