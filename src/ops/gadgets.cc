#include "ops/gadgets.h"

#include <algorithm>

#include "base/check.h"
#include "circuit/range.h"
#include "parallel/parallel.h"

namespace veil {

namespace {

// Of a signed value's top limb, which has at least a byte: as many as leave the fewest limbs below it.
unsigned top_bits(const LimbWidths& widths, unsigned bits) {
  VEIL_CHECK(bits >= kLimbBits);
  unsigned below = 0;
  while (bits > below + widths.top) below += widths.plain;
  return bits < below + kLimbBits ? kLimbBits : bits - below;
}

Expression expression_of(const View& view, std::int64_t coefficient = 1) {
  return linear_expression({LinearTerm{coefficient, view}});
}

void add_lookup(Circuit& circuit, const std::string& name, const Domain& domain, TableKind kind,
                std::vector<std::int64_t> parameters, std::vector<Expression> entries) {
  const TableId table = add_table(circuit, kind, std::move(parameters));
  circuit.lookups.push_back(Lookup{name, domain, table, std::move(entries)});
}

// So many elements are worth a thread of their own.
constexpr std::size_t kElementsOfThread = std::size_t{1} << 14;

// out[i] = (values[i] >> shift), and of it `width` bits; width 0: all.
void cut(const std::vector<std::int64_t>& values, unsigned shift, unsigned width, std::vector<std::int64_t>& out) {
  const std::int64_t mask = width == 0 ? -1 : (std::int64_t{1} << width) - 1;
  out.resize(values.size());
  for_ranges(values.size(), kElementsOfThread, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) out[i] = (values[i] >> shift) & mask;
  });
}

// The keys of a virtual limb, which is looked up as what is left of the value.
void keep_keys(Trace& trace, std::size_t lookup, const std::vector<std::int64_t>& values, unsigned width) {
  if (trace.keys.size() <= lookup) trace.keys.resize(lookup + 1);
  cut(values, 0, width, trace.keys[lookup]);
}

// The committed limbs of one value and how to cut them out of it: limb = (value >> shift) & mask, the top one signed.
struct Limbs {
  Form form;  // the sum of the committed limbs at their places
  std::vector<TensorId> ids;
  std::vector<unsigned> shifts, widths;  // width 0: the top limb, all that is left above its shift
  std::optional<std::size_t> lowest;     // the lookup of a virtual limb below them,
  unsigned lowest_width = 0;             // and its width
  std::optional<TensorId> sign, base, slope;
  std::optional<PieceParameters> split;
  std::vector<std::vector<std::int64_t>> pieces;  // of the table, where base and slope are committed

  void fill(Trace& trace, const std::vector<std::int64_t>& values) const;
};

void Limbs::fill(Trace& trace, const std::vector<std::int64_t>& values) const {
  for (std::size_t limb = 0; limb < ids.size(); ++limb) {
    cut(values, shifts[limb], widths[limb], trace.values[ids[limb]]);
  }
  if (lowest) keep_keys(trace, *lowest, values, lowest_width);
  if (sign) {
    std::vector<std::int64_t>& out = trace.values[*sign];
    out.resize(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) out[i] = values[i] < 0 ? 1 : 0;
  }
  if (!base) return;
  const std::vector<std::int64_t>& keys = trace.values[ids.back()];
  for (const auto& [id, column] : {std::pair{base, 1}, std::pair{slope, 2}}) {
    if (!id) continue;
    std::vector<std::int64_t>& out = trace.values[*id];
    out.resize(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      out[i] = pieces[static_cast<std::size_t>(column)][static_cast<std::size_t>(keys[i] - pieces[0][0])];
    }
  }
}

void add_limb(Limbs& limbs, const Circuit& circuit, TensorId id, unsigned shift, unsigned width) {
  limbs.form.push_back({std::int64_t{1} << shift, whole_view(circuit, id)});
  limbs.ids.push_back(id);
  limbs.shifts.push_back(shift);
  limbs.widths.push_back(width);
}

// Unsigned limbs for the bits [from, to), committed and looked up.
void add_unsigned_limbs(Limbs& limbs, Lowerer& lowerer, const std::string& name, const Domain& box, unsigned from,
                        unsigned to) {
  Circuit& circuit = lowerer.circuit;
  for (unsigned shift = from; shift < to;) {
    const unsigned width = std::min(lowerer.widths.plain, to - shift);
    const std::string limb_name = name + "." + std::to_string(limbs.ids.size());
    const TensorId id = commit(circuit, limb_name, box, 0, (std::int64_t{1} << width) - 1);
    add_lookup(circuit, limb_name, box, TableKind::kUnsigned, {width}, {expression_of(whole_view(circuit, id))});
    add_limb(limbs, circuit, id, shift, width);
    shift += width;
  }
}

// The top limb and the sign: (h, s) in the signed table.
void add_signed_top(Limbs& limbs, Circuit& circuit, const std::string& name, const Domain& box, unsigned shift,
                    unsigned bits) {
  const IntegerRange top = signed_range(bits);
  const TensorId id = commit(circuit, name + ".top", box, top.low, top.high);
  limbs.sign = commit(circuit, name + ".sign", box, 0, 1);
  add_lookup(circuit, name + ".top", box, TableKind::kSigned, {bits},
             {expression_of(whole_view(circuit, id)), expression_of(whole_view(circuit, *limbs.sign))});
  add_limb(limbs, circuit, id, shift, 0);
}

// The key of a smooth function's table with its base and slope: (key, base, slope) a row. Without low bits the slope is
// zero everywhere, and the entry is the constant 0.
void add_key_top(Limbs& limbs, Circuit& circuit, const std::string& name, const Domain& box, const PieceParameters& p) {
  limbs.split = p;
  limbs.pieces = function_pieces(piece_list(p));
  const auto commit_column = [&](const char* suffix, std::size_t column) {
    const auto [low, high] = std::minmax_element(limbs.pieces[column].begin(), limbs.pieces[column].end());
    return commit(circuit, name + suffix, box, *low, *high);
  };
  const TensorId key = commit_column(".key", 0);
  limbs.base = commit_column(".base", 1);
  Expression slope;
  if (p.low_bits > 0) {
    limbs.slope = commit_column(".slope", 2);
    slope = expression_of(whole_view(circuit, *limbs.slope));
  }
  add_lookup(circuit, name + ".key", box, TableKind::kPieces, piece_list(p),
             {expression_of(whole_view(circuit, key)), expression_of(whole_view(circuit, *limbs.base)), slope});
  add_limb(limbs, circuit, key, static_cast<unsigned>(p.low_bits), 0);
}

// All limbs of a signed value that exists only as its limbs.
Limbs add_signed_limbs(Lowerer& lowerer, const std::string& name, const Domain& box, unsigned bits) {
  Limbs limbs;
  const unsigned top = top_bits(lowerer.widths, bits);
  add_unsigned_limbs(limbs, lowerer, name, box, 0, bits - top);
  add_signed_top(limbs, lowerer.circuit, name, box, bits - top, top);
  return limbs;
}

Limbs add_split_limbs(Lowerer& lowerer, const std::string& name, const Domain& box, const PieceParameters& p) {
  Limbs limbs;
  add_unsigned_limbs(limbs, lowerer, name, box, 0, static_cast<unsigned>(p.low_bits));
  add_key_top(limbs, lowerer.circuit, name, box, p);
  return limbs;
}

// Least multiple of 8 signed bits that hold the range.
unsigned whole_limb_bits(const IntegerRange& range) {
  unsigned bits = kLimbBits;
  while (!signed_range(bits).contains(range)) bits += kLimbBits;
  return bits;
}

std::vector<std::int64_t> evaluate(const Circuit& circuit, const Trace& trace, const Domain& domain,
                                   const Expression& expression) {
  return evaluate_box(circuit, trace, domain, expression).narrowed();
}

// The limbs that add_range_proof committed, from values that are known already.
void fill_range(Trace& trace, const std::vector<LimbStep>& steps, const std::vector<std::int64_t>& values) {
  for (const LimbStep& step : steps) {
    for (std::size_t limb = 0; limb < step.limbs.size(); ++limb) {
      cut(values, step.shifts[limb], step.widths[limb], trace.values[step.limbs[limb]]);
    }
    keep_keys(trace, step.lowest, values, step.lowest_width);
  }
}

std::optional<View> view_of(const Circuit& circuit, const std::optional<TensorId>& id) {
  if (!id) return std::nullopt;
  return whole_view(circuit, *id);
}

Activation activation_of(const Circuit& circuit, const Limbs& limbs) {
  Activation out;
  out.form = limbs.form;
  out.sign = view_of(circuit, limbs.sign);
  out.split = limbs.split;
  out.base = view_of(circuit, limbs.base);
  out.slope = view_of(circuit, limbs.slope);
  if (limbs.split) out.low.assign(limbs.form.begin(), limbs.form.end() - 1);  // all but the key
  return out;
}

// What is left of the value after all committed limbs: the lowest one, virtual, looked up in [0, 2^width).
void add_virtual_limb(Limbs& limbs, Circuit& circuit, const std::string& name, const Domain& domain,
                      const Expression& value, unsigned width) {
  Expression lowest = value - linear_expression(limbs.form);
  limbs.lowest = circuit.lookups.size();
  limbs.lowest_width = width;
  add_lookup(circuit, name + ".low", domain, TableKind::kUnsigned, {width}, {std::move(lowest)});
}

// What a quotient is cut to: q = min + l + 2^bits t, and z is l + min where t = 0, else an end of the range.
struct Overflow {
  std::int64_t min = 0;
  Limbs limbs;  // l, then t
  TensorId within, above, value;

  void fill(Trace& trace, const std::vector<std::int64_t>& quotients, const IntegerRange& full) const;
};

void Overflow::fill(Trace& trace, const std::vector<std::int64_t>& quotients, const IntegerRange& full) const {
  std::vector<std::int64_t> shifted(quotients.size());
  std::vector<std::int64_t>& in = trace.values[within];
  std::vector<std::int64_t>& high = trace.values[above];
  std::vector<std::int64_t>& z = trace.values[value];
  for (std::vector<std::int64_t>* out : {&in, &high, &z}) out->resize(quotients.size());
  for_ranges(quotients.size(), kElementsOfThread, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      shifted[i] = quotients[i] - min;
      in[i] = full.contains(quotients[i]) ? 1 : 0;
      high[i] = quotients[i] > full.high ? 1 : 0;
      z[i] = saturate(quotients[i], full);
    }
  });
  limbs.fill(trace, shifted);
}

// Bits of t in the table, where one holds what a quotient may have above the full range and has no more than two rows
// for each value: as many lookups, two, as an excess needs more. None of a value of one limb, which spares but one.
std::optional<unsigned> overflow_bits(const LimbWidths& widths, const Domain& box, const IntegerRange& quotient,
                                      const IntegerRange& full, unsigned bits) {
  if (bits <= widths.plain) return std::nullopt;
  const IntegerRange above{(quotient.low - full.low) >> bits, (quotient.high - full.low) >> bits};
  const std::int64_t most_rows = std::max(std::int64_t{1} << kLimbBits, 2 * box.box_size());
  for (unsigned held = kLimbBits; held <= kWideLimbBits && std::int64_t{1} << held <= most_rows; ++held) {
    if (signed_range(held).contains(above)) return held;
  }
  return std::nullopt;
}

// (t, [t = 0], [t > 0]) in the overflow table,  z - min - [t = 0] l - (max - min) [t > 0] = 0
Overflow add_overflow(Lowerer& lowerer, const std::string& name, const Domain& box, const IntegerRange& full,
                      unsigned bits, unsigned above_bits) {
  Circuit& circuit = lowerer.circuit;
  Overflow out;
  out.min = full.low;
  add_unsigned_limbs(out.limbs, lowerer, name, box, 0, bits);
  const Form low = out.limbs.form;
  const IntegerRange held = signed_range(above_bits);
  const TensorId top = commit(circuit, name + ".over", box, held.low, held.high);
  out.within = commit(circuit, name + ".within", box, 0, 1);
  out.above = commit(circuit, name + ".above", box, 0, 1);
  add_lookup(circuit, name + ".over", box, TableKind::kOverflow, {above_bits},
             {expression_of(whole_view(circuit, top)), expression_of(whole_view(circuit, out.within)),
              expression_of(whole_view(circuit, out.above))});
  add_limb(out.limbs, circuit, top, bits, 0);
  // Interval arithmetic does not see that one of the two bits is zero: it proves twice the range.
  const std::int64_t span = full.high - full.low;
  out.value = commit(circuit, name, box, full.low, full.low + 2 * span);
  circuit.identities.push_back(
      Identity{name + "/saturate", box,
               Expression{{LinearTerm{1, whole_view(circuit, out.value)},
                           LinearTerm{-span, whole_view(circuit, out.above)}, LinearTerm{-full.low, one_view()}},
                          {ProductTerm{-1, {LinearTerm{1, whole_view(circuit, out.within)}}, low}}}});
  return out;
}

// e (z - max + (max - min) [e < 0]) = 0, e signed limbs that hold `range`
Limbs add_excess(Lowerer& lowerer, const std::string& name, const Domain& box, const Limbs& value,
                 const IntegerRange& full, const IntegerRange& range) {
  Circuit& circuit = lowerer.circuit;
  Limbs excess = add_signed_limbs(lowerer, name + "/excess", box, whole_limb_bits(range));
  Form clamp = value.form;
  clamp.push_back({-full.high, one_view()});
  clamp.push_back({full.high - full.low, whole_view(circuit, *excess.sign)});
  circuit.identities.push_back(Identity{name + "/saturate", box, Expression{{}, {ProductTerm{1, excess.form, clamp}}}});
  return excess;
}

// Computes a rescale once and fills all its limbs from it.
struct RescaleStep {
  Domain domain;
  Expression accumulator;
  unsigned shift = 0;
  IntegerRange full;
  Limbs value;
  std::optional<Limbs> excess;
  std::optional<Overflow> overflow;  // in place of value and excess
  std::vector<LimbStep> remainder;

  std::int64_t half() const { return shift == 0 ? 0 : std::int64_t{1} << (shift - 1); }
  void run(const Circuit& circuit, Trace& trace) const;
};

void RescaleStep::run(const Circuit& circuit, Trace& trace) const {
  std::vector<std::int64_t> rest = evaluate(circuit, trace, domain, accumulator);
  std::vector<std::int64_t> results(rest.size());
  std::vector<std::int64_t> excesses(excess ? rest.size() : 0);
  for_ranges(rest.size(), kElementsOfThread, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::int64_t rounded = round_shift(rest[i], shift);
      results[i] = overflow ? rounded : saturate(rounded, full);
      if (excess) excesses[i] = rounded - results[i];
      rest[i] += half() - rounded * (std::int64_t{1} << shift);
    }
  });
  if (overflow) {
    overflow->fill(trace, results, full);
  } else {
    value.fill(trace, results);
  }
  if (excess) excess->fill(trace, excesses);
  fill_range(trace, remainder, rest);
}

std::int64_t power_above(std::int64_t value) {
  std::int64_t power = 2;
  while (power <= value) power *= 2;
  return power;
}

}  // namespace

Expression constant_expression(std::int64_t value) { return expression_of(one_view(), value); }
Form constant_form(std::int64_t value) { return {LinearTerm{value, one_view()}}; }

TensorId commit(Circuit& circuit, std::string name, const Domain& box, std::int64_t low, std::int64_t high) {
  return add_tensor(circuit, Tensor{std::move(name), box.box_only().extent, low, high, Owner::kWitness, std::nullopt});
}

IntegerRange declared_range(const Circuit& circuit, const Form& form) {
  std::optional<IntegerRange> sum = IntegerRange{0, 0};
  for (const LinearTerm& term : form) {
    IntegerRange range{1, 1};
    if (term.view.tensor) range = {circuit.tensors[*term.view.tensor].low, circuit.tensors[*term.view.tensor].high};
    const auto scaled_range = scale_range(range, term.coefficient);
    VEIL_CHECK(scaled_range);
    // A view may read zero outside its tensor (joins).
    if (term.view.tensor)
      sum = add_ranges(*sum,
                       {std::min<std::int64_t>(scaled_range->low, 0), std::max<std::int64_t>(scaled_range->high, 0)});
    if (!term.view.tensor) sum = add_ranges(*sum, *scaled_range);
    VEIL_CHECK(sum);
  }
  return *sum;
}

IntegerRange declared_range(const Circuit& circuit, const Domain& domain, const Expression& expression) {
  IntegerRange sum{0, 0};
  for (const LinearTerm& term : expression.linear) {
    std::int64_t times = 1;
    for (const AxisIndex& index : term.view.index) {
      for (const AxisTerm& axis : index.terms) times *= axis.axis >= domain.box_rank ? domain.extent[axis.axis] : 1;
    }
    const auto scaled_range = scale_range(declared_range(circuit, {term}), times);
    VEIL_CHECK(scaled_range);
    const auto total = add_ranges(sum, *scaled_range);
    VEIL_CHECK(total);
    sum = *total;
  }
  for (const ProductTerm& product : expression.products) {
    Int128 times = product.coefficient;
    for (std::size_t axis = domain.box_rank; axis < domain.extent.size(); ++axis) times *= domain.extent[axis];
    const auto both = multiply_ranges(declared_range(circuit, product.left), declared_range(circuit, product.right));
    VEIL_CHECK(both && times <= kMaxAccumulator && times >= -kMaxAccumulator);
    const auto scaled_range = scale_range(*both, static_cast<std::int64_t>(times));
    VEIL_CHECK(scaled_range);
    const auto total = add_ranges(sum, *scaled_range);
    VEIL_CHECK(total);
    sum = *total;
  }
  return sum;
}

Activation add_rescale(Lowerer& lowerer, const Rescale& r) {
  Circuit& circuit = lowerer.circuit;
  const Domain box = r.domain.box_only();
  const IntegerRange full = r.relu ? IntegerRange{0, (std::int64_t{1} << r.bits) - 1} : signed_range(r.bits);
  RescaleStep step;
  step.domain = r.domain;
  step.accumulator = r.accumulator;
  step.shift = static_cast<unsigned>(r.shift);
  step.full = full;
  const IntegerRange quotient = round_shift(r.bound, step.shift);
  const auto above_bits = r.split || r.sign || full.contains(quotient)
                              ? std::nullopt
                              : overflow_bits(lowerer.widths, box, quotient, full, r.bits);
  if (above_bits) {
    step.overflow = add_overflow(lowerer, r.name, box, full, r.bits, *above_bits);
  } else if (r.relu) {
    add_unsigned_limbs(step.value, lowerer, r.name, box, 0, r.bits);
  } else {
    step.value =
        r.split ? add_split_limbs(lowerer, r.name, box, *r.split) : add_signed_limbs(lowerer, r.name, box, r.bits);
  }
  Form out = step.value.form;
  if (step.overflow) {
    out = step.overflow->limbs.form;
    if (full.low != 0) out.push_back({full.low, one_view()});
  } else if (!full.contains(quotient)) {
    // z + e is the quotient: limbs of e that reach too little would tell the validator that z has not the whole range,
    // and it would no longer see that z saturates at its ends.
    const IntegerRange declared = round_shift(declared_range(circuit, r.domain, r.accumulator), step.shift);
    const IntegerRange excess{std::min(quotient.low - saturate(quotient.low, full), declared.high - full.high),
                              std::max(quotient.high - saturate(quotient.high, full), declared.low - full.low)};
    step.excess = add_excess(lowerer, r.name, box, step.value, full, excess);
    out.insert(out.end(), step.excess->form.begin(), step.excess->form.end());
  }
  // rem = accumulator + 2^(shift-1) - 2^shift q
  const Expression rest = r.accumulator - linear_expression(scaled(out, std::int64_t{1} << step.shift));
  if (step.shift == 0) {
    circuit.identities.push_back(Identity{r.name + "/exact", r.domain, rest});
  } else {
    const Expression rem = rest + constant_expression(step.half());
    step.remainder = add_range_proof(circuit, r.name + "/rem", r.domain, rem, 0, (std::int64_t{1} << step.shift) - 1,
                                     lowerer.widths.plain);
  }
  lowerer.add_step([step](const Circuit& c, Trace& trace) { step.run(c, trace); });
  if (!step.overflow) return activation_of(circuit, step.value);
  Activation result;
  result.form = {LinearTerm{1, whole_view(circuit, step.overflow->value)}};
  return result;
}

void lower_accumulator(Lowerer& lowerer, const Site& site, const Domain& domain, const Storage& box,
                       Expression accumulator, std::int64_t shift) {
  constexpr std::size_t kMostTerms = 16;  // of a value that is no tensor
  Activation& out = lowerer.activation(site.node.output);
  if (shift == 0 && site.full_range().contains(site.accumulator())) {
    const bool is_form = accumulator.products.empty() && domain.box_rank == domain.extent.size();
    out.form = is_form && accumulator.linear.size() <= kMostTerms
                   ? std::move(accumulator.linear)
                   : Form{LinearTerm{1, add_exact(lowerer, site.node.name, domain, accumulator)}};
  } else {
    out = add_rescale(lowerer, Rescale{site.node.name, domain, std::move(accumulator), site.accumulator(), shift,
                                       static_cast<unsigned>(site.graph.bits), lowerer.split_for(site.node.output),
                                       site.saturates_at_zero(), lowerer.sign_is_read(site.node.output)});
  }
  out.storage = box;
}

void keep_narrow(Lowerer& lowerer, const Site& site) {
  constexpr unsigned kWide = 32;
  Activation& out = lowerer.activation(site.node.output);
  const IntegerRange range = site.out_range();
  const unsigned bits = whole_limb_bits(range);
  if (out.form.empty() || whole_limb_bits(declared_range(lowerer.circuit, out.form)) <= std::max(kWide, bits)) return;
  const Storage storage = out.storage;
  out = add_rescale(
      lowerer, Rescale{site.node.name + "/narrow", storage_box(storage), linear_expression(out.form), range, 0, bits});
  out.storage = storage;
}

View add_sign(Lowerer& lowerer, const std::string& name, const Domain& box, const Form& form) {
  Circuit& circuit = lowerer.circuit;
  const unsigned bits = whole_limb_bits(declared_range(circuit, form));
  const unsigned top = top_bits(lowerer.widths, bits);
  Limbs limbs;
  const Expression value = linear_expression(form);
  if (bits == top) {
    // One limb: the value itself is the key of the signed table.
    limbs.sign = commit(circuit, name + ".sign", box, 0, 1);
    add_lookup(circuit, name + ".sign", box, TableKind::kSigned, {top},
               {value, expression_of(whole_view(circuit, *limbs.sign))});
  } else {
    const unsigned lowest = std::min(lowerer.widths.plain, bits - top);
    add_unsigned_limbs(limbs, lowerer, name, box, lowest, bits - top);
    add_signed_top(limbs, circuit, name, box, bits - top, top);
    add_virtual_limb(limbs, circuit, name, box, value, lowest);
  }
  lowerer.add_step(
      [box, value, limbs](const Circuit& c, Trace& trace) { limbs.fill(trace, evaluate(c, trace, box, value)); });
  return whole_view(circuit, *limbs.sign);
}

View add_wide_sign(Lowerer& lowerer, const std::string& name, const Domain& domain, const Expression& value,
                   unsigned low_bits, unsigned top_bits, ValuesOf run) {
  Circuit& circuit = lowerer.circuit;
  const Domain box = domain.box_only();
  const IntegerRange top = signed_range(top_bits);
  Limbs limbs;
  add_limb(limbs, circuit, commit(circuit, name + ".top", box, top.low, top.high), low_bits, 0);
  limbs.sign = commit(circuit, name + ".sign", box, 0, 1);
  add_lookup(circuit, name + ".top", box, TableKind::kSigned, {top_bits},
             {expression_of(whole_view(circuit, limbs.ids[0])), expression_of(whole_view(circuit, *limbs.sign))});
  add_virtual_limb(limbs, circuit, name, domain, value, low_bits);
  lowerer.add_step([domain, value, limbs, run = std::move(run)](const Circuit& c, Trace& trace) {
    limbs.fill(trace, run ? run(c, trace) : evaluate(c, trace, domain, value));
  });
  return whole_view(circuit, *limbs.sign);
}

View add_positive_part(Lowerer& lowerer, const std::string& name, const Domain& box, const Form& form,
                       const View& sign) {
  Circuit& circuit = lowerer.circuit;
  const IntegerRange range = declared_range(circuit, form);
  // What interval arithmetic proves of (1 - sign) * form; the value itself is never negative.
  const TensorId y =
      commit(circuit, name, box, std::min<std::int64_t>(range.low, 0), std::max<std::int64_t>(range.high, 0));
  View view = whole_view(circuit, y);
  const Form positive{LinearTerm{1, one_view()}, LinearTerm{-1, sign}};
  circuit.identities.push_back(
      Identity{name, box, Expression{{LinearTerm{1, view}}, {ProductTerm{-1, positive, form}}}});
  lowerer.add_step([box, form, y](const Circuit& c, Trace& trace) {
    std::vector<std::int64_t> values = evaluate(c, trace, box, linear_expression(form));
    for (std::int64_t& value : values) value = std::max<std::int64_t>(value, 0);
    trace.values[y] = std::move(values);
  });
  return view;
}

void add_pieces(Lowerer& lowerer, const std::string& name, const Domain& box, const PieceParameters& p,
                Activation& activation) {
  Circuit& circuit = lowerer.circuit;
  Limbs limbs;
  const Expression value = linear_expression(activation.form);
  const auto low_bits = static_cast<unsigned>(p.low_bits);
  if (low_bits > 0) {
    // The low part is a factor (slope * low), so it is committed: low in [0, 2^low_bits).
    add_unsigned_limbs(limbs, lowerer, name, box, 0, low_bits);
  }
  add_key_top(limbs, circuit, name, box, p);
  circuit.identities.push_back(Identity{name + "/split", box, value - linear_expression(limbs.form)});
  lowerer.add_step(
      [box, value, limbs](const Circuit& c, Trace& trace) { limbs.fill(trace, evaluate(c, trace, box, value)); });
  Activation cut = activation_of(circuit, limbs);
  cut.storage = std::move(activation.storage);
  cut.form = std::move(activation.form);
  activation = std::move(cut);
}

View add_small_quotient(Lowerer& lowerer, const std::string& name, const Domain& box, const Expression& product,
                        unsigned shift, std::int64_t least, unsigned bits) {
  Circuit& circuit = lowerer.circuit;
  const std::int64_t half = std::int64_t{1} << (shift - 1);
  const TensorId c = commit(circuit, name, box, least, least + (std::int64_t{1} << bits) - 1);
  View view = whole_view(circuit, c);
  Expression entry = expression_of(view);
  if (least != 0) entry = entry - constant_expression(least);
  add_lookup(circuit, name, box, TableKind::kUnsigned, {bits}, {std::move(entry)});
  const Expression rem = product + constant_expression(half) - expression_of(view, std::int64_t{1} << shift);
  const auto limbs =
      add_range_proof(circuit, name + "/rem", box, rem, 0, (std::int64_t{1} << shift) - 1, lowerer.widths.plain);
  lowerer.add_step([box, product, shift, half, c, limbs](const Circuit& at, Trace& trace) {
    std::vector<std::int64_t> rest = evaluate(at, trace, box, product);
    std::vector<std::int64_t>& out = trace.values[c];
    out.resize(rest.size());
    for (std::size_t i = 0; i < rest.size(); ++i) {
      out[i] = round_shift(rest[i], shift);
      rest[i] += half - out[i] * (std::int64_t{1} << shift);
    }
    fill_range(trace, limbs, rest);
  });
  return view;
}

View add_quotient(Lowerer& lowerer, const std::string& name, const Domain& box, const Form& dividend,
                  const Form& divisor, const IntegerRange& range) {
  Circuit& circuit = lowerer.circuit;
  const IntegerRange limbs{range.low < 0 ? -power_above(-range.low) : 0, power_above(range.high) - 1};
  const TensorId q = commit(circuit, name, box, limbs.low, limbs.high);
  const View view = whole_view(circuit, q);
  lowerer.add_step([box, dividend, divisor, q](const Circuit& c, Trace& trace) {
    std::vector<std::int64_t> values = evaluate(c, trace, box, linear_expression(dividend));
    const std::vector<std::int64_t> divisors = evaluate(c, trace, box, linear_expression(divisor));
    // A dishonest trace may hold anything; the checker must see it, not a division by zero.
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = divisors[i] > 0 ? floor_quotient(values[i], divisors[i]) : 0;
    trace.values[q] = std::move(values);
  });
  lowerer.add_filled_range(name + "/range", box, expression_of(view), limbs);
  const std::int64_t most = declared_range(circuit, divisor).high - 1;
  const Expression remainder{dividend, {ProductTerm{-1, divisor, {LinearTerm{1, view}}}}};
  const Expression rest = linear_expression(divisor) - constant_expression(1) - remainder;
  lowerer.add_filled_range(name + "/remainder", box, remainder, {0, power_above(most) - 1});
  lowerer.add_filled_range(name + "/rest", box, rest, {0, power_above(most) - 1});
  return view;
}

View add_copy(Lowerer& lowerer, const std::string& name, const Activation& value, const Storage& target) {
  Circuit& circuit = lowerer.circuit;
  const IntegerRange range = declared_range(circuit, value.form);
  Domain box = storage_box(value.storage);
  const TensorId y = commit(circuit, name, storage_box(target), range.low, range.high);
  View view{y, mixed_radix(value.storage, target)};
  for (AxisIndex& index : view.index) {  // an axis of length 1 is read by one of the constraint's own
    if (!index.terms.empty()) continue;
    index = axis_at(static_cast<AxisId>(box.extent.size()));
    box.extent.push_back(1);
  }
  box.box_rank = static_cast<std::uint32_t>(box.extent.size());
  const Expression form = linear_expression(value.form);
  circuit.identities.push_back(Identity{name, box, expression_of(view) - form});
  // Row-major by either axes is the same order.
  lowerer.add_step([box, form, y](const Circuit& c, Trace& trace) { trace.values[y] = evaluate(c, trace, box, form); });
  return whole_view(circuit, y);
}

View add_exact(Lowerer& lowerer, const std::string& name, const Domain& domain, const Expression& expression) {
  Circuit& circuit = lowerer.circuit;
  const IntegerRange range = declared_range(circuit, domain, expression);
  const TensorId y = commit(circuit, name, domain.box_only(), range.low, range.high);
  const View view = whole_view(circuit, y);
  circuit.identities.push_back(Identity{name, domain, expression_of(view) - expression});
  lowerer.add_step([domain, expression, y](const Circuit& c, Trace& trace) {
    trace.values[y] = evaluate(c, trace, domain, expression);
  });
  return view;
}

// A tensor's axis that is read at exactly one axis of the value, from its start to its end, is zero beyond either.
bool vanishes_outside(const Circuit& circuit, const Form& form, const Storage& storage) {
  return std::all_of(form.begin(), form.end(), [&](const LinearTerm& term) {
    if (!term.view.tensor) return false;
    std::size_t read = 0;
    for (std::size_t d = 0; d < term.view.index.size(); ++d) {
      const AxisIndex& index = term.view.index[d];
      if (index.terms.empty()) continue;
      if (index.terms.size() != 1 || index.terms[0].coefficient != 1 || index.offset != 0) return false;
      if (circuit.tensors[*term.view.tensor].shape[d] != storage[index.terms[0].axis].length) return false;
      ++read;
    }
    return read == storage.size();
  });
}

}  // namespace veil
