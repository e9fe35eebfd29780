#include "circuit/validate.h"

#include <algorithm>
#include <functional>
#include <set>

#include "base/limits.h"
#include "circuit/determined.h"
#include "circuit/interval.h"
#include "circuit/tables.h"

namespace veil {

namespace {

constexpr std::int64_t kMaxReads = std::int64_t{1} << 22;  // of one axis index: the verifier walks them

bool view_is_separable(const Domain& domain, const View& view) {
  std::vector<bool> used(domain.extent.size(), false);
  for (const AxisIndex& index : view.index) {
    std::int64_t reads = 1;
    for (const AxisTerm& term : index.terms) {
      if (used[term.axis] || term.coefficient == 0) return false;
      used[term.axis] = true;
      reads *= domain.extent[term.axis];  // each factor is below 2^28
      if (index.terms.size() > 1 && reads > kMaxReads) return false;
    }
  }
  return true;
}

class Validator {
 public:
  explicit Validator(const Circuit& circuit) : circuit_(circuit) {}

  Verdict structure() {
    check_tables();
    check_constraints([this](const std::string& name, const Domain& domain, const Expression& expression) {
      check_views(name, domain, expression);
    });
    check_meanings();
    return verdict_;
  }

  Verdict run() {
    if (!structure().accepted()) return verdict_;
    ranges_ = proven_ranges(circuit_);
    check_ranges();
    check_constraints([this](const std::string& name, const Domain& domain, const Expression& expression) {
      if (!expression_interval(circuit_, ranges_, domain, expression)) reject("circuit/wrap", name);
    });
    if (verdict_.accepted()) check_determined();  // coefficients may be counted on once nothing wraps around
    return verdict_;
  }

 private:
  void reject(const char* name, const std::string& detail) {
    if (verdict_.accepted()) verdict_ = Verdict::reject(name, detail);
  }

  using Visit = std::function<void(const std::string&, const Domain&, const Expression&)>;
  void check_constraints(const Visit& visit) {
    for (const Identity& identity : circuit_.identities) visit(identity.name, identity.domain, identity.expression);
    for (const Lookup& lookup : circuit_.lookups) {
      for (const Expression& entry : lookup.entries) visit(lookup.name, lookup.domain, entry);
    }
  }

  void check_tables() {
    std::size_t rows = 0;
    for (const Table& table : circuit_.tables) {
      const Tensor& counts = circuit_.tensors[table.multiplicity];
      const Shape wanted{static_cast<std::int64_t>(table_rows(table))};
      rows += table_rows(table);
      if (rows > kMaxTableRows) return reject("circuit/size", "tables");
      if (counts.owner != Owner::kWitness || counts.shape != wanted) reject("circuit/table", counts.name);
      if (!multiplicities_.insert(table.multiplicity).second) reject("circuit/table", counts.name);
    }
  }

  void check_views(const std::string& name, const Domain& domain, const Expression& expression) {
    std::int64_t elements = 1;
    for (const std::int64_t length : domain.extent) {
      elements *= length;
      if (elements > kMaxTensorSize * 16) return reject("circuit/size", name);
    }
    const auto check_form = [&](const Form& form) {
      for (const LinearTerm& term : form) {
        if (!view_is_separable(domain, term.view)) reject("circuit/view", name);
        if (term.view.tensor && multiplicities_.count(*term.view.tensor) != 0) reject("circuit/table", name);
      }
    };
    check_form(expression.linear);
    for (const ProductTerm& product : expression.products) {
      check_form(product.left);
      check_form(product.right);
    }
  }

  void check_meanings() {
    std::set<std::string> names;
    for (const Tensor& tensor : circuit_.tensors) {
      const bool named = tensor.owner == Owner::kInput || tensor.owner == Owner::kPublic;
      if (named && !tensor.meaning) reject("circuit/input", tensor.name);
      if (!names.insert(tensor.name).second) reject("circuit/name", tensor.name);
    }
  }

  bool is_multiplicity(std::size_t id) const { return multiplicities_.count(static_cast<TensorId>(id)) != 0; }

  void check_ranges() {
    for (std::size_t id = 0; id < ranges_.size(); ++id) {
      if (is_multiplicity(id)) continue;
      const Tensor& tensor = circuit_.tensors[id];
      if (!ranges_[id] || ranges_[id]->low < tensor.low || ranges_[id]->high > tensor.high) {
        reject("circuit/range", tensor.name);
      }
    }
  }

  void check_determined() {
    const std::vector<bool> determined = determined_tensors(circuit_, ranges_);
    for (std::size_t id = 0; id < determined.size(); ++id) {
      if (!determined[id] && !is_multiplicity(id)) reject("circuit/free", circuit_.tensors[id].name);
    }
  }

  const Circuit& circuit_;
  std::set<TensorId> multiplicities_;
  ProvenRanges ranges_;
  Verdict verdict_;
};

}  // namespace

Verdict check_structure(const Circuit& circuit) { return Validator(circuit).structure(); }
Verdict validate_circuit(const Circuit& circuit) { return Validator(circuit).run(); }

}  // namespace veil
