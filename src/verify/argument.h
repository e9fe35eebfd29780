// One argument: the bytes that prove a statement, and their verification.
//
//   rows of the witness | P, S (pads, masks), mask row | message slots | T0, T1 | delta |
//   pi' = sigma + r pi, its blinder | g' = s + r g*, its blinder | blinder of e
// Paper: protocol section 7 ("PadFold"). Equations, all in G1 but the last:
//   open/pi          <pi', G> + b_pi H = S + r P
//   open/g           <g', G> + b_g H = mask + r sum_i w_i row_i
//   fold/quadratic   Q(r, pi') G_0 + b_e H = T0 + r T1
//   fold/opening     <g', eq(r_col)> + pi'_y = delta + r * sent_y
// Values: scalars are canonical (< p), points compressed, on the curve and not the identity; counts come from the
//   statement; a byte too few or too many is rejected. Names: format/short, format/scalar, format/point,
//   format/identity, format/trailing, statement/..., open/pi, open/g, fold/quadratic, fold/opening.
// The first three are deferred: check_argument leaves them owed, discharge() checks those of many arguments at once.
// Zero-knowledge: slots, pi' and g' are uniform and independent of the witness; commitments are perfectly hiding.
#pragma once

#include "base/bytes.h"
#include "base/verdict.h"
#include "verify/discharge.h"
#include "verify/statement.h"

namespace veil {

// An argument of which everything but the group equations was checked. Where nothing is wrong so far, it is accepted if
// and only if discharge() accepts what it owes.
struct CheckedArgument {
  Verdict so_far;
  OwedEquations owed;  // its model rows are the statement's: they must outlive it
};

// Never throws; allocates by sizes of the statement only.
CheckedArgument check_argument(const Statement& statement, ByteView proof);
// The same on a given fresh transcript: tests keep its schedule, or put an oracle in place of the hash.
CheckedArgument check_argument(const Statement& statement, ByteView proof, Transcript& transcript);
// The same on a transcript that has absorbed the statement's model, and nothing else (absorb_model).
CheckedArgument check_argument_of_model(const Statement& statement, ByteView proof, Transcript& transcript);

// One argument alone, decided.
Verdict verify_argument(const Statement& statement, ByteView proof);
Verdict verify_argument(const Statement& statement, ByteView proof, Transcript& transcript);

}  // namespace veil
