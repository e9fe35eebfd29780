// The few shapes of constraint that all operators are lowered to. Each determines what it commits (validate.h,
// determined.h): no tensor is free, no value has two encodings.
//
// Signed limbs of b bits: value = sum_j 2^(wj) l_j + 2^(b-t) h, with l_j in unsigned tables of w bits at most (the
// lowest of them virtual where the value exists already) and (h, s) in the signed table of t bits: s = [h < 0] =
// [value < 0]. w and t are bytes, or wide in large circuits (LimbWidths).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "circuit/circuit.h"
#include "circuit/function_table.h"
#include "ops/lowering.h"
#include "ops/site.h"
#include "tensor/fixed_point.h"

namespace veil {

Expression constant_expression(std::int64_t value);
Form constant_form(std::int64_t value);

TensorId commit(Circuit& circuit, std::string name, const Domain& box, std::int64_t low, std::int64_t high);

// A form whose interval the validator can see is [low, high]: from the declared ranges of its tensors.
IntegerRange declared_range(const Circuit& circuit, const Form& form);
IntegerRange declared_range(const Circuit& circuit, const Domain& domain, const Expression& expression);

// z = sat(round_shift(accumulator, shift)) on `bits` signed bits:
//   accumulator + 2^(shift-1) = 2^shift q + rem,   0 <= rem < 2^shift
// Where `bound`, the accumulator's declared bound, demands no saturation, q is z, committed as limbs. Else
//   q = min + l + 2^bits t,   0 <= l < 2^bits,   z - min - [t = 0] l - (max - min) [t > 0] = 0
// with several limbs of l and a row (t, [t = 0], [t > 0]) of the overflow table (docs/decisions/045). Where z is one
// limb, or its own limbs are read, for its sign or the table of `split`, or t is too large for the table,
//   q = z + e,   e (z - max + (max - min) [e < 0]) = 0
// rem is never committed as a whole: its lowest limb is the lookup of the expression.
struct Rescale {
  std::string name;
  Domain domain;
  Expression accumulator;
  IntegerRange bound;
  std::int64_t shift = 0;
  unsigned bits = 16;
  std::optional<PieceParameters> split = {};
  bool relu = false;  // z in [0, 2^bits - 1]: a Relu for nothing
  bool sign = false;  // the result's sign is read
};
Activation add_rescale(Lowerer& lowerer, const Rescale& rescale);

// An operator's output from its accumulator: rescaled; or, where nothing is rounded or cut off, the expression itself.
void lower_accumulator(Lowerer& lowerer, const Site& site, const Domain& domain, const Storage& box,
                       Expression accumulator, std::int64_t shift);

// Commits a node's output anew where its form could take far more integers than its values do: each maximum of another
// one doubles what its form could be, and no limbs would hold it at last.
void keep_narrow(Lowerer& lowerer, const Site& site);

// [form < 0]: the form's limbs, the lowest virtual. As many as its declared range takes, not the values that can occur:
// a lookup must not tell the validator more about the form's tensors than their own limbs do, or their saturation to
// the ends of the declared range would no longer be recognised.
View add_sign(Lowerer& lowerer, const std::string& name, const Domain& box, const Form& form);

// [value < 0] by two limbs of any widths, for values so many that larger tables pay:
//   value - 2^low_bits h in [0, 2^low_bits),  (h, s) in the signed table of top_bits bits
// `run` computes the values where there is a faster way than by the expression.
using ValuesOf = std::function<std::vector<std::int64_t>(const Circuit&, const Trace&)>;
View add_wide_sign(Lowerer& lowerer, const std::string& name, const Domain& domain, const Expression& value,
                   unsigned low_bits, unsigned top_bits, ValuesOf run = {});

// max(form, 0):   y - (1 - sign) form = 0,  y committed.
View add_positive_part(Lowerer& lowerer, const std::string& name, const Domain& box, const Form& form,
                       const View& sign);

// key, base, slope and low of a form that is within the table's domain:
//   form - 2^low_bits key in [0, 2^low_bits),  (key, base, slope) a row of the table
void add_pieces(Lowerer& lowerer, const std::string& name, const Domain& box, const PieceParameters& parameters,
                Activation& activation);

// floor((product + 2^(shift-1)) / 2^shift), committed:
//   product + 2^(shift-1) - 2^shift c in [0, 2^shift),   c in [least, least + 2^bits)
View add_small_quotient(Lowerer& lowerer, const std::string& name, const Domain& box, const Expression& product,
                        unsigned shift, std::int64_t least, unsigned bits);

// floor(dividend / divisor), which lies in `range`, committed with limbs; the divisor is positive by its declared
// range.
//   0 <= dividend - divisor q < divisor
View add_quotient(Lowerer& lowerer, const std::string& name, const Domain& box, const Form& dividend,
                  const Form& divisor, const IntegerRange& range);

// The value as a tensor of its own with the axes of `target`, each of which is one or several of the value's:
// y - form = 0.
View add_copy(Lowerer& lowerer, const std::string& name, const Activation& value, const Storage& target);

// An expression without rounding as a tensor: y - expression = 0, y of the range that follows from declared ones.
View add_exact(Lowerer& lowerer, const std::string& name, const Domain& domain, const Expression& expression);

// Is the form zero wherever one of its axes is left? True of whole tensors, not of constants or repetitions.
bool vanishes_outside(const Circuit& circuit, const Form& form, const Storage& storage);

}  // namespace veil
