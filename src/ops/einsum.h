// The accumulator of a sum of products, for operators that end it in another way than rounding.
#pragma once

#include "ops/lowering.h"
#include "ops/site.h"

namespace veil {

struct Accumulated {
  Domain domain;
  Storage box;
  Expression expression;
};
Result<Accumulated> accumulate(const EinsumOp& op, const Site& site, Lowerer& lowerer);

}  // namespace veil
