// What the parts of a claim are written with.
#pragma once

#include <cstdint>
#include <string>

#include "ops/lowering.h"

namespace veil {

Form minus(Form a, const Form& b);

// value in [low, low + 2^k) with low + 2^k > most: of a value that cannot exceed `most` it says value >= low.
void prove_at_least(Lowerer& lowerer, const std::string& name, const Domain& domain, const Expression& value,
                    std::int64_t low, std::int64_t most);
// The same as a part of the claim, which is true where all of its parts are.
void prove_claim(Lowerer& lowerer, const std::string& what, const Domain& domain, const Expression& value,
                 std::int64_t low, std::int64_t most);

}  // namespace veil
