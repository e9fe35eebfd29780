// What the two comparisons of trees share: the sign of a feature less a threshold.
#pragma once

#include "ops/gadgets.h"
#include "ops/lowering.h"
#include "ops/site.h"

namespace veil {

// What x - t takes, x of the range and t a threshold of a model tensor of so many bits, two of which are spare. A row
// of y with several 1, or none, is another model, of which some sums may be beyond: then there is no proof of them.
IntegerRange difference_range(const IntegerRange& x, const ModelTensor& negated_threshold);

// [value < 0] of a value in `range`; `run` as in gadgets.h.
View add_difference_sign(Lowerer& lowerer, const std::string& name, const Domain& domain, const Expression& value,
                         const IntegerRange& range, ValuesOf run = {});

}  // namespace veil
