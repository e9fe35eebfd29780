// The three kinds of claims that are left after the fold, joined to one on the rows that are opened.
//
//   <g', e> + pi'_y         = delta + r sent_y
//   Q(r, pi') + pi'_n       = error + r cross          linear in pi', given the pads that are opened in the clear
//   pi'_i                   = opened_i                 for these
// under powers of theta, drawn after all of them (docs/protocol/opening.md).
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "checker/pad_fold.h"
#include "opening/check/column_reduction.h"
#include "opening/check/folded_opening.h"

namespace veil {

// Messages and coins of the fold.
struct FoldClaims {
  Fr cross;  // the fold's linear coefficient under pad n
  Fr error;  // its constant one under mask n
  Fr delta;
  Fr r;
  std::vector<std::pair<std::uint32_t, Fr>> opened;  // slot, its pad
  Fr theta;
};

struct JoinedClaim {
  OpeningWeights weights;
  Fr value;
};

JoinedClaim joined_claims(const OpeningShape& shape, const OpeningClaim<AffineForm>& opening, const PadFold& fold,
                          std::span<const Fr> sent, const FoldClaims& claims);

}  // namespace veil
