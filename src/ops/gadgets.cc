#include "ops/gadgets.h"

#include "base/check.h"
#include "circuit/range.h"

namespace veil {

namespace {

constexpr unsigned kTopBits = 8;  // of a signed value's top limb

Expression expression_of(const View& view, std::int64_t coefficient = 1) {
  return linear_expression({LinearTerm{coefficient, view}});
}

void add_lookup(Circuit& circuit, const std::string& name, const Domain& domain, TableKind kind,
                std::vector<std::int64_t> parameters, std::vector<Expression> entries) {
  const TableId table = add_table(circuit, kind, std::move(parameters));
  circuit.lookups.push_back(Lookup{name, domain, table, std::move(entries)});
}

// The committed limbs of one value and how to cut them out of it: limb = (value >> shift) & mask, the top one signed.
struct Limbs {
  Form form;  // the sum of the committed limbs at their places
  std::vector<TensorId> ids;
  std::vector<unsigned> shifts, widths;  // width 0: the top limb, all that is left above its shift
  std::optional<TensorId> sign, base, slope;
  std::optional<PieceParameters> split;
  std::vector<std::vector<std::int64_t>> pieces;  // of the table, where base and slope are committed

  void fill(Trace& trace, const std::vector<std::int64_t>& values) const;
};

void Limbs::fill(Trace& trace, const std::vector<std::int64_t>& values) const {
  for (std::size_t limb = 0; limb < ids.size(); ++limb) {
    std::vector<std::int64_t>& out = trace.values[ids[limb]];
    out.resize(values.size());
    const std::int64_t mask = widths[limb] == 0 ? -1 : (std::int64_t{1} << widths[limb]) - 1;
    for (std::size_t i = 0; i < values.size(); ++i) out[i] = (values[i] >> shifts[limb]) & mask;
  }
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
void add_unsigned_limbs(Limbs& limbs, Circuit& circuit, const std::string& name, const Domain& box, unsigned from,
                        unsigned to) {
  for (unsigned shift = from; shift < to;) {
    const unsigned width = std::min(kLimbBits, to - shift);
    const std::string limb_name = name + "." + std::to_string(limbs.ids.size());
    const TensorId id = commit(circuit, limb_name, box, 0, (std::int64_t{1} << width) - 1);
    add_lookup(circuit, limb_name, box, TableKind::kUnsigned, {width}, {expression_of(whole_view(circuit, id))});
    add_limb(limbs, circuit, id, shift, width);
    shift += width;
  }
}

// The top limb and the sign: (h, s) in the signed table.
void add_signed_top(Limbs& limbs, Circuit& circuit, const std::string& name, const Domain& box, unsigned shift) {
  const IntegerRange top = signed_range(kTopBits);
  const TensorId id = commit(circuit, name + ".top", box, top.low, top.high);
  limbs.sign = commit(circuit, name + ".sign", box, 0, 1);
  add_lookup(circuit, name + ".top", box, TableKind::kSigned, {kTopBits},
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
Limbs add_signed_limbs(Circuit& circuit, const std::string& name, const Domain& box, unsigned bits) {
  VEIL_CHECK(bits >= kTopBits);
  Limbs limbs;
  add_unsigned_limbs(limbs, circuit, name, box, 0, bits - kTopBits);
  add_signed_top(limbs, circuit, name, box, bits - kTopBits);
  return limbs;
}

Limbs add_split_limbs(Circuit& circuit, const std::string& name, const Domain& box, const PieceParameters& p) {
  Limbs limbs;
  add_unsigned_limbs(limbs, circuit, name, box, 0, static_cast<unsigned>(p.low_bits));
  add_key_top(limbs, circuit, name, box, p);
  return limbs;
}

// Least multiple of 8 signed bits that hold the range.
unsigned whole_limb_bits(const IntegerRange& range) {
  unsigned bits = kTopBits;
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
      std::vector<std::int64_t>& out = trace.values[step.limbs[limb]];
      out.resize(values.size());
      const std::int64_t mask = (std::int64_t{1} << step.widths[limb]) - 1;
      for (std::size_t i = 0; i < values.size(); ++i) out[i] = (values[i] >> step.shifts[limb]) & mask;
    }
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
void add_virtual_limb(Circuit& circuit, const std::string& name, const Domain& domain, const Expression& value,
                      const Form& upper, unsigned width) {
  Expression lowest = value - linear_expression(upper);
  add_lookup(circuit, name + ".low", domain, TableKind::kUnsigned, {width}, {std::move(lowest)});
}

// e (z - max + (max - min) [e < 0]) = 0, e signed limbs that hold `range`
Limbs add_excess(Circuit& circuit, const std::string& name, const Domain& box, const Limbs& value,
                 const IntegerRange& full, const IntegerRange& range) {
  Limbs excess = add_signed_limbs(circuit, name + "/excess", box, whole_limb_bits(range));
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
  std::vector<LimbStep> remainder;

  std::int64_t half() const { return shift == 0 ? 0 : std::int64_t{1} << (shift - 1); }
  void run(const Circuit& circuit, Trace& trace) const;
};

void RescaleStep::run(const Circuit& circuit, Trace& trace) const {
  std::vector<std::int64_t> rest = evaluate(circuit, trace, domain, accumulator);
  std::vector<std::int64_t> results(rest.size());
  std::vector<std::int64_t> excesses(rest.size());
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const std::int64_t rounded = round_shift(rest[i], shift);
    results[i] = saturate(rounded, full);
    excesses[i] = rounded - results[i];
    rest[i] += half() - rounded * (std::int64_t{1} << shift);
  }
  value.fill(trace, results);
  if (excess) excess->fill(trace, excesses);
  fill_range(trace, remainder, rest);
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

Activation add_rescale(Lowerer& lowerer, const Rescale& r) {
  Circuit& circuit = lowerer.circuit;
  const Domain box = r.domain.box_only();
  const IntegerRange full = signed_range(r.bits);
  RescaleStep step;
  step.domain = r.domain;
  step.accumulator = r.accumulator;
  step.shift = static_cast<unsigned>(r.shift);
  step.full = full;
  step.value =
      r.split ? add_split_limbs(circuit, r.name, box, *r.split) : add_signed_limbs(circuit, r.name, box, r.bits);
  Form out = step.value.form;
  const IntegerRange quotient = round_shift(r.bound, step.shift);
  if (!full.contains(quotient)) {
    const IntegerRange excess{quotient.low - saturate(quotient.low, full),
                              quotient.high - saturate(quotient.high, full)};
    step.excess = add_excess(circuit, r.name, box, step.value, full, excess);
    out.insert(out.end(), step.excess->form.begin(), step.excess->form.end());
  }
  // rem = accumulator + 2^(shift-1) - 2^shift (z + e)
  const Expression rest = r.accumulator - linear_expression(scaled(out, std::int64_t{1} << step.shift));
  if (step.shift == 0) {
    circuit.identities.push_back(Identity{r.name + "/exact", r.domain, rest});
  } else {
    const Expression rem = rest + constant_expression(step.half());
    step.remainder = add_range_proof(circuit, r.name + "/rem", r.domain, rem, 0, (std::int64_t{1} << step.shift) - 1);
  }
  lowerer.add_step([step](const Circuit& c, Trace& trace) { step.run(c, trace); });
  return activation_of(circuit, step.value);
}

View add_sign(Lowerer& lowerer, const std::string& name, const Domain& box, const Form& form) {
  Circuit& circuit = lowerer.circuit;
  const unsigned bits = whole_limb_bits(declared_range(circuit, form));
  Limbs limbs;
  const Expression value = linear_expression(form);
  if (bits == kTopBits) {
    // One limb: the value itself is the key of the signed table.
    limbs.sign = commit(circuit, name + ".sign", box, 0, 1);
    add_lookup(circuit, name + ".sign", box, TableKind::kSigned, {kTopBits},
               {value, expression_of(whole_view(circuit, *limbs.sign))});
  } else {
    add_unsigned_limbs(limbs, circuit, name, box, kLimbBits, bits - kTopBits);
    add_signed_top(limbs, circuit, name, box, bits - kTopBits);
    add_virtual_limb(circuit, name, box, value, limbs.form, kLimbBits);
  }
  lowerer.add_step(
      [box, value, limbs](const Circuit& c, Trace& trace) { limbs.fill(trace, evaluate(c, trace, box, value)); });
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
    add_unsigned_limbs(limbs, circuit, name, box, 0, low_bits);
  }
  add_key_top(limbs, circuit, name, box, p);
  circuit.identities.push_back(Identity{name + "/split", box, value - linear_expression(limbs.form)});
  lowerer.add_step(
      [box, value, limbs](const Circuit& c, Trace& trace) { limbs.fill(trace, evaluate(c, trace, box, value)); });
  const Form form = activation.form;
  activation = activation_of(circuit, limbs);
  activation.form = form;
}

View add_small_quotient(Lowerer& lowerer, const std::string& name, const Domain& box, const Expression& product,
                        unsigned shift, unsigned bits) {
  Circuit& circuit = lowerer.circuit;
  const std::int64_t half = std::int64_t{1} << (shift - 1);
  const TensorId c = commit(circuit, name, box, 0, (std::int64_t{1} << bits) - 1);
  View view = whole_view(circuit, c);
  add_lookup(circuit, name, box, TableKind::kUnsigned, {bits}, {expression_of(view)});
  const Expression rem = product + constant_expression(half) - expression_of(view, std::int64_t{1} << shift);
  const auto limbs = add_range_proof(circuit, name + "/rem", box, rem, 0, (std::int64_t{1} << shift) - 1);
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

View add_copy(Lowerer& lowerer, const std::string& name, const Domain& box, const Form& form) {
  Circuit& circuit = lowerer.circuit;
  const IntegerRange range = declared_range(circuit, form);
  const TensorId y = commit(circuit, name, box, range.low, range.high);
  View view = whole_view(circuit, y);
  circuit.identities.push_back(Identity{name, box, expression_of(view) - linear_expression(form)});
  lowerer.add_step([box, form, y](const Circuit& c, Trace& trace) {
    trace.values[y] = evaluate(c, trace, box, linear_expression(form));
  });
  return view;
}

}  // namespace veil
