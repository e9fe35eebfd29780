#include "ops/claim_parts.h"

#include "circuit/range.h"
#include "ops/gadgets.h"

namespace veil {

Form minus(Form a, const Form& b) {
  const Form negated = scaled(b, -1);
  a.insert(a.end(), negated.begin(), negated.end());
  return a;
}

void prove_at_least(Lowerer& lowerer, const std::string& name, const Domain& domain, const Expression& value,
                    std::int64_t low, std::int64_t most) {
  std::int64_t span = 2;
  while (span <= most - low) span *= 2;
  lowerer.add_filled_range(name, domain, value, {low, low + span - 1});
}

void prove_claim(Lowerer& lowerer, const std::string& what, const Domain& domain, const Expression& value,
                 std::int64_t low, std::int64_t most) {
  std::vector<ClaimPart>& parts = lowerer.lowering.claim;
  parts.push_back({domain, value - constant_expression(low)});
  prove_at_least(lowerer, "claim_" + std::to_string(parts.size()) + "/" + what, domain, value, low, most);
}

}  // namespace veil
