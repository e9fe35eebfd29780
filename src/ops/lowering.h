// Quantised graph -> circuit, and beside it the steps that fill a trace.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "circuit/circuit.h"
#include "circuit/function_table.h"
#include "circuit/range.h"
#include "circuit/trace.h"
#include "ops/analysis.h"
#include "ops/storage.h"
#include "quant/quantised_graph.h"

namespace veil {

using Step = std::function<void(const Circuit&, Trace&)>;

// A value of the graph as the circuit sees it. The form's views speak of the value's storage axes: AxisId d is
// storage[d]. A value needs no tensor of its own: it may be limbs, a sum, or a view of others.
struct Activation {
  Storage storage;
  Form form;
  std::optional<View> sign;  // 1 where the value is negative, else 0
  // Where the value is already cut for the table of a smooth function: base and slope of its piece and its low part.
  std::optional<PieceParameters> split;
  std::optional<View> base, slope;  // slope: none where the table has no low bits
  Form low;
  Form missing;  // of what may be missing: 1 where it is, else 0; a part of the form, times kMissingStep
};

// A part of the claim: the expression is not negative at any index of the domain.
struct ClaimPart {
  Domain domain;
  Expression value;
};

struct Lowering {
  Circuit circuit;
  std::vector<Step> steps;       // in order; each reads what earlier ones filled
  std::vector<TensorId> model;   // by ModelId
  std::vector<TensorId> inputs;  // in the order of the graph's inputs
  // By input: where it may be missing, is it? The input's integer is its tensor's + kMissingStep times this one's.
  std::vector<std::optional<TensorId>> missing;
  std::optional<TensorId> output;       // the public tensor; none where a claim is proven instead
  std::vector<ClaimPart> claim;         // all of them hold where the claim is true
  std::vector<Activation> activations;  // by QuantId
  Analysis analysis;
};

// How wide limbs are: a table of 16 bits costs 65,536 leaves and counts once, and saves every value a lookup
// (docs/decisions/044).
struct LimbWidths {
  unsigned plain = kLimbBits;  // of unsigned limbs
  unsigned top = kLimbBits;    // most bits of a signed value's top limb
};

// Refuses what cannot be proven, and a claim that is always or never true whatever the input is. Limbs are as wide as
// is cheapest, or as wide as they are asked to be.
Result<Lowering> lower(const QuantisedGraph& graph);
Result<Lowering> lower(const QuantisedGraph& graph, const LimbWidths& widths);

// Is the claim true of the run that this trace holds? (True where the output is revealed.)
bool claim_holds(const Lowering& lowering, const Trace& trace);

// The value of an activation of a filled trace, flat; for tests.
std::vector<std::int64_t> activation_values(const Lowering& lowering, const Trace& trace, QuantId id);

// A softmax at the end: p_j is not committed; what is asked of it is asked of these (ops/softmax.cc).
struct SoftmaxParts {
  SoftmaxOp op;
  Domain box;        // one axis: the classes
  Form exponential;  // e_j by axis 0
  View sum;          // S
  std::int64_t largest_sum = 0;
};

// What the operators' lower functions work with.
class Lowerer {
 public:
  Lowerer(const QuantisedGraph& quantised, Lowering& out, const LimbWidths& limb_widths);

  const QuantisedGraph& graph;
  Lowering& lowering;
  Circuit& circuit;
  const LimbWidths widths;
  std::optional<SoftmaxParts> softmax;
  std::vector<bool> skipped;  // by node: the claim is proven without it (ops/claim.h)

  Activation& activation(QuantId id) { return lowering.activations[id]; }
  // The value with (at least) these cuts, which must fit together. Where its own do not fit, it becomes a tensor of one
  // axis first, which later readers see too.
  Activation see(QuantId id, const Cuts& cuts);
  // Several values of one size by the same axes.
  std::vector<Activation> see_alike(const std::vector<QuantId>& ids);
  // The value with exactly one axis for each of these lengths that is not 1, and for those that are read `outside`
  // their ends: copied to such a tensor where it is cut further, or is no tensor that reads zero outside.
  struct Whole {
    Activation value;
    std::vector<std::optional<AxisId>> axes;  // by length; none: left out
  };
  Whole see_whole(QuantId id, const std::vector<std::int64_t>& lengths, const std::vector<bool>& outside);
  void add_step(Step step) { lowering.steps.push_back(std::move(step)); }
  // A range proof with the steps that fill its limbs.
  void add_filled_range(const std::string& name, const Domain& domain, const Expression& value,
                        const IntegerRange& range);
  // A model tensor by some of a constraint's axes, in this order (never empty: a scalar has one axis of length 1).
  View add_model(ModelId id, const Domain& domain, const std::vector<AxisId>& axes);
  // The smooth function that reads the value first, if its table can do the range check of a rescale.
  const std::optional<PieceParameters>& split_for(QuantId id) const { return splits_[id]; }
  // Does an operator ask for the value's sign, which limbs of its own have for nothing?
  bool sign_is_read(QuantId id) const { return sign_is_read_[id]; }

 private:
  // From now on the value is a tensor of these axes; `value` is it with axes that lie within them.
  void copy(QuantId id, const Activation& value, const Storage& target);

  void note_reader(const QuantisedNode& node);

  std::vector<std::optional<PieceParameters>> splits_;  // by QuantId
  std::vector<bool> sign_is_read_;                      // by QuantId
  std::size_t copies_ = 0;
};

// The form with its axes replaced: axis d of the form becomes axes[d].
Form substitute(const Form& form, const std::vector<AxisIndex>& axes);
View substitute(const View& view, const std::vector<AxisIndex>& axes);
// All of an activation's forms, and the storage that the new axes are.
Activation substitute(const Activation& activation, const std::vector<AxisIndex>& axes, Storage storage);
AxisIndex axis_at(AxisId axis, std::int64_t offset = 0);

}  // namespace veil
