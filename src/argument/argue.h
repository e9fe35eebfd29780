// THE verifier text: a whole circuit reduced to one row at one point. Prover and verifier run this same function.
//
// Order (attacks 3): everything committed -> LogUp-GKR -> identity point -> main sumcheck -> column reduction.
// Returns what is still owed:  <row_weights^T M, column_eq> = value.
#pragma once

#include "einsum/check/einsum.h"
#include "lookup/check/lookup.h"
#include "opening/check/column_reduction.h"

namespace veil {

template <class Checker>
OpeningClaim<typename Checker::Value> argue(Checker& checker, const Circuit& circuit, const RowLayout& layout,
                                            const PublicValues& public_values) {
  Claims<Checker> claims(checker, circuit, public_values);
  auto virtual_entries = LookupArgument<Checker>(checker, circuit, claims).reduce();
  EinsumArgument<Checker>(checker, circuit, claims).reduce(std::move(virtual_entries));
  return reduce_columns(checker, layout, claims.list());
}

}  // namespace veil
