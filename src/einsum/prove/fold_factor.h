// One factor of a term, folded over the axes that only it has: the table that the sumcheck starts from.
#pragma once

#include <vector>

#include "circuit/trace.h"
#include "einsum/check/terms.h"

namespace veil {

//   out[k] = sum over the folded axes f of  weights(f) * form[f, k],   k over the kept axes of the term
// `folded`: weights by axis, none for an axis that is not folded. The result is the cube of the kept axes: every axis
// is padded with zeros to a power of two. A form that is one view within its tensor is read where it is; any other is
// evaluated first.
std::vector<Fr> fold_factor(const Circuit& circuit, const Trace& trace, const Form& form, const Term& term,
                            const AxisWeights& folded);

}  // namespace veil
