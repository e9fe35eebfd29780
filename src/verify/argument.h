// One argument: the bytes that prove a statement, and their verification.
//
//   rows of the witness | P_i, S_i (pads, masks), mask row | message slots | cross, error, delta | opened pads |
//   cross values of the rows | blinder | cross points of the columns | what is left of the row
// Papers: protocol section 7 ("PadFold") and the folded opening (docs/protocol/pads-and-fold.md, opening.md).
//   open/rows        the one group equation, of two claims on pi' = sigma + r pi and g' = s + r g*:
//     Q(r, pi') + pi'_n           = error + r cross
//     <g', eq(r_col)> + pi'_y     = delta + r sent_y
// Values: scalars are canonical (< p), points compressed, on the curve and not the identity; counts come from the
//   statement; a byte too few or too many is rejected. Names: format/short, format/scalar, format/point,
//   format/identity, format/trailing, statement/..., open/rows.
// The equation is deferred: check_argument leaves it owed, discharge() checks those of many arguments at once.
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
