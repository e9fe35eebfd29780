// A circuit that the validator accepts is a function (attacks 1a): for given model and input values there is at most
// one way to fill the other tensors. By exhaustion on random small circuits, and on hostile ones made by hand.
#include "circuit/determined.h"

#include <gtest/gtest.h>

#include <random>

#include "circuit/range.h"
#include "circuit/tables.h"
#include "circuit/trace.h"
#include "circuit/validate.h"

namespace veil {
namespace {

Form of(const Circuit& circuit, TensorId id, std::int64_t coefficient = 1) {
  return {LinearTerm{coefficient, whole_view(circuit, id)}};
}
Form constant(std::int64_t value) { return {LinearTerm{value, one_view()}}; }
Form operator+(Form a, const Form& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TensorId add(Circuit& circuit, const std::string& name, Shape shape, std::int64_t low, std::int64_t high, Owner owner) {
  const bool named = owner == Owner::kInput || owner == Owner::kPublic;
  return add_tensor(circuit, Tensor{name, std::move(shape), low, high, owner,
                                    named ? std::optional<Meaning>(Meaning{name, "", {}, {0}}) : std::nullopt});
}

void add_lookup(Circuit& circuit, const Domain& domain, TableKind kind, std::int64_t bits, std::vector<Form> entries) {
  Lookup lookup{"lookup", domain, add_table(circuit, kind, {bits}), {}};
  for (Form& entry : entries) lookup.entries.push_back(linear_expression(std::move(entry)));
  circuit.lookups.push_back(std::move(lookup));
}

TensorId add_unsigned(Circuit& circuit, const std::string& name, const Shape& shape, std::int64_t bits, Owner owner) {
  const TensorId id = add(circuit, name, shape, 0, (std::int64_t{1} << bits) - 1, owner);
  const Domain box{shape, static_cast<std::uint32_t>(shape.size())};
  add_lookup(circuit, box, TableKind::kUnsigned, bits, {of(circuit, id)});
  return id;
}

struct Signed {
  TensorId value;
  TensorId sign;
};
Signed add_signed(Circuit& circuit, const std::string& name, const Shape& shape, std::int64_t bits) {
  const std::int64_t half = std::int64_t{1} << (bits - 1);
  const TensorId value = add(circuit, name, shape, -half, half - 1, Owner::kWitness);
  const TensorId sign = add(circuit, name + ".sign", shape, 0, 1, Owner::kWitness);
  const Domain box{shape, static_cast<std::uint32_t>(shape.size())};
  add_lookup(circuit, box, TableKind::kSigned, bits, {of(circuit, value), of(circuit, sign)});
  return {value, sign};
}

std::string name_of(const Circuit& circuit) { return validate_circuit(circuit).name(); }

// ---------------------------------------------------------------- by exhaustion
// Every tensor has one element, so all fillings within the declared (and so proven) ranges can be tried.
class Exhaustion {
 public:
  explicit Exhaustion(const Circuit& circuit) : circuit_(circuit), trace_(empty_trace(circuit)) {
    for (TensorId id = 0; id < circuit.tensors.size(); ++id) {
      const Tensor& tensor = circuit.tensors[id];
      trace_.values[id].assign(static_cast<std::size_t>(shape_size(tensor.shape)), 0);
      if (trace_.values[id].size() > 1) continue;  // a multiplicity
      (tensor.owner == Owner::kModel || tensor.owner == Owner::kInput ? given_ : free_).push_back(id);
    }
  }

  // The most fillings that any choice of the given values allows.
  std::size_t most_fillings() {
    std::size_t most = 0;
    for_each(given_, 0, [&] {
      std::size_t count = 0;
      for_each(free_, 0, [&] { count += check_trace(circuit_, trace_, false) ? 0u : 1u; });
      most = std::max(most, count);
    });
    return most;
  }

  std::int64_t fillings() const {
    std::int64_t count = 1;
    for (const TensorId id : free_) count *= circuit_.tensors[id].high - circuit_.tensors[id].low + 1;
    return count;
  }

 private:
  template <class Visit>
  void for_each(const std::vector<TensorId>& ids, std::size_t at, const Visit& visit) {
    if (at == ids.size()) return visit();
    const Tensor& tensor = circuit_.tensors[ids[at]];
    for (std::int64_t value = tensor.low; value <= tensor.high; ++value) {
      trace_.values[ids[at]][0] = value;
      for_each(ids, at + 1, visit);
    }
  }

  const Circuit& circuit_;
  Trace trace_;
  std::vector<TensorId> given_;
  std::vector<TensorId> free_;
};

class RandomSmallCircuit {
 public:
  explicit RandomSmallCircuit(std::uint64_t seed) : random_(seed) {
    given_.push_back(add(circuit_, "w", {1}, -2, 1, Owner::kModel));
    given_.push_back(add_unsigned(circuit_, "x", {1}, 2, Owner::kInput));
    for (std::int64_t i = 1 + pick(3); i > 0; --i) add_unknown();
    for (std::int64_t i = 1 + pick(2); i > 0; --i) add_equation();
    if (!signed_.empty() && pick(2) == 0) add_clamp();
    if (pick(3) == 0) add_division();
  }
  const Circuit& circuit() const { return circuit_; }

 private:
  std::int64_t pick(std::int64_t below) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(below));
  }
  std::string next_name() { return "t" + std::to_string(circuit_.tensors.size()); }
  Domain box() const { return Domain{{1}, 1}; }

  std::int64_t coefficient() {
    static constexpr std::int64_t kCoefficients[] = {1, -1, 2, -2, 3, 4, -4, 5, 8};
    return kCoefficients[pick(9)];
  }

  void add_unknown() {
    if (pick(3) == 0) {
      const Signed pair = add_signed(circuit_, next_name(), {1}, 2);
      unknown_.push_back(pair.value);
      signed_.push_back(pair);
    } else {
      unknown_.push_back(
          add_unsigned(circuit_, next_name(), {1}, 1 + pick(2), pick(4) == 0 ? Owner::kPublic : Owner::kWitness));
    }
  }

  Form some_of(const std::vector<TensorId>& ids) {
    Form form;
    for (const TensorId id : ids) {
      if (pick(3) != 0) form = form + of(circuit_, id, coefficient());
    }
    return form;
  }

  void add_equation() {
    const Form form = some_of(given_) + some_of(unknown_) + constant(pick(5) - 2);
    if (pick(2) == 0) {
      circuit_.identities.push_back(Identity{"identity", box(), linear_expression(form)});
    } else {
      add_lookup(circuit_, box(), TableKind::kUnsigned, 1 + pick(3), {form});
    }
  }

  // e (z - max + (max - min) s), nearly always with one thing wrong.
  void add_clamp() {
    const Signed e = signed_[static_cast<std::size_t>(pick(static_cast<std::int64_t>(signed_.size())))];
    const TensorId z = unknown_[static_cast<std::size_t>(pick(static_cast<std::int64_t>(unknown_.size())))];
    const Tensor& range = circuit_.tensors[z];
    const std::int64_t most = range.high + (pick(3) == 0 ? pick(3) - 1 : 0);
    const std::int64_t least = range.low - (pick(3) == 0 ? pick(3) - 1 : 0);
    Form right =
        of(circuit_, z, pick(4) == 0 ? coefficient() : 1) + constant(-most) + of(circuit_, e.sign, most - least);
    circuit_.identities.push_back(
        Identity{"clamp", box(),
                 Expression{{}, {ProductTerm{1, of(circuit_, e.value, pick(4) == 0 ? coefficient() : 1), right}}}});
    const Form sum = some_of(given_) + of(circuit_, z, -1) + of(circuit_, e.value, -1);
    circuit_.identities.push_back(Identity{"sum", box(), linear_expression(sum)});
  }

  // 0 <= x - k q, and k - 1 - (x - k q) + margin >= 0, with k a form in the given values
  void add_division() {
    const TensorId q = add(circuit_, next_name(), {1}, 0, 3, Owner::kPublic);
    const Form k = some_of(given_) + constant(pick(4));
    const std::int64_t times = 1 + pick(2);
    const Expression rest{some_of(given_) + constant(pick(3)), {ProductTerm{-times, k, of(circuit_, q)}}};
    const Expression complement =
        linear_expression(scaled(k, times)) + linear_expression(constant(pick(3) == 0 ? 0 : -1)) - rest;
    const TableId table = add_table(circuit_, TableKind::kUnsigned, {5});
    circuit_.lookups.push_back(Lookup{"rest", box(), table, {rest}});
    circuit_.lookups.push_back(Lookup{"complement", box(), table, {complement}});
  }

  std::mt19937_64 random_;
  Circuit circuit_;
  std::vector<TensorId> given_;
  std::vector<TensorId> unknown_;
  std::vector<Signed> signed_;
};

TEST(Determined, RandomCircuitsThatAreAcceptedAreFunctions) {
  std::mt19937_64 random(1);
  int accepted = 0;
  int relations = 0;
  for (int trial = 0; trial < 6000; ++trial) {
    const RandomSmallCircuit made(random());
    const bool valid = validate_circuit(made.circuit()).accepted();
    if (!valid && trial % 50 != 0) continue;
    Exhaustion exhaustion(made.circuit());
    if (exhaustion.fillings() > 1024) continue;
    const std::size_t most = exhaustion.most_fillings();
    if (!valid) {
      relations += most > 1 ? 1 : 0;
      continue;
    }
    ++accepted;
    ASSERT_LE(most, 1u) << "trial " << trial;
  }
  std::printf("  %d accepted, %d of the rejected ones examined are relations\n", accepted, relations);
  EXPECT_GT(accepted, 100);
  EXPECT_GT(relations, 10);
}

// ---------------------------------------------------------------- by hand
// y = 2 x, revealed.
struct Revealed {
  Circuit circuit;
  Domain box{{3}, 1};
  TensorId x, output;
  Revealed() {
    x = add_unsigned(circuit, "x", {3}, 4, Owner::kInput);
    output = add(circuit, "output", {3}, 0, 63, Owner::kPublic);
  }
  void reveal(const Form& value, const Domain& domain, const View& view) {
    circuit.identities.push_back(Identity{"output", domain, linear_expression(value + Form{LinearTerm{-1, view}})});
  }
  void reveal(const Form& value) { reveal(value, box, whole_view(circuit, output)); }
};

TEST(Determined, APublicResultIsNotAWitnessOfItself) {
  Revealed honest;
  honest.reveal(of(honest.circuit, honest.x, 2));
  EXPECT_EQ(name_of(honest.circuit), "");
  // Attacks 1a: a free tensor added to the logits; any output can be proven, and the output "determines" it.
  Revealed added;
  const TensorId extra = add_unsigned(added.circuit, "extra", {3}, 4, Owner::kWitness);
  added.reveal(of(added.circuit, added.x, 2) + of(added.circuit, extra));
  EXPECT_EQ(name_of(added.circuit), "circuit/free");
  const Revealed untied;  // nothing says what the output is
  EXPECT_EQ(name_of(untied.circuit), "circuit/free");
  Revealed loose;  // 2 x <= output < 2 x + 4
  add_lookup(loose.circuit, loose.box, TableKind::kUnsigned, 2,
             {of(loose.circuit, loose.output) + of(loose.circuit, loose.x, -2)});
  EXPECT_EQ(name_of(loose.circuit), "circuit/free");
}

TEST(Determined, SlicesDetermineAPublicResultWhenTheyCoverIt) {
  const auto slice = [](const Revealed& r, std::int64_t at) { return View{r.output, {AxisIndex{{}, at}}}; };
  const auto element = [](const Revealed& r, std::int64_t at) {
    return Form{LinearTerm{1, View{r.x, {AxisIndex{{}, at}}}}};
  };
  Revealed whole;
  for (std::int64_t at = 0; at < 3; ++at) whole.reveal(element(whole, at), Domain{{1}, 1}, slice(whole, at));
  EXPECT_EQ(name_of(whole.circuit), "");
  Revealed gap;
  for (std::int64_t at = 0; at < 2; ++at) gap.reveal(element(gap, at), Domain{{1}, 1}, slice(gap, at));
  EXPECT_EQ(name_of(gap.circuit), "circuit/free");
  Revealed twice;
  for (const std::int64_t at : {0, 1, 1}) twice.reveal(element(twice, at), Domain{{1}, 1}, slice(twice, at));
  EXPECT_EQ(name_of(twice.circuit), "circuit/free");
  Revealed outside;  // a slice beyond the axis reads zero
  for (const std::int64_t at : {0, 1, 3}) outside.reveal(element(outside, at), Domain{{1}, 1}, slice(outside, at));
  EXPECT_EQ(name_of(outside.circuit), "circuit/free");
}

// q_j = floor((6 x_j + s) / (2 s)), pinned by 0 <= 6 x_j + s - 2 s q_j < 2 s.
TEST(Determined, AQuotientIsPinnedByItsRemainder) {
  const auto build = [](std::int64_t below, bool both) {
    Revealed r;
    const TensorId s = add_unsigned(r.circuit, "s", {}, 3, Owner::kInput);
    const Form sum{LinearTerm{1, View{s, {}}}};
    const Expression rest{of(r.circuit, r.x, 6) + sum, {ProductTerm{-2, sum, of(r.circuit, r.output)}}};
    const Expression complement = linear_expression(scaled(sum, 2) + constant(-below)) - rest;
    add_range_proof(r.circuit, "rest", r.box, rest, 0, 1023);
    if (both) add_range_proof(r.circuit, "complement", r.box, complement, 0, 1023);
    return r.circuit;
  };
  EXPECT_EQ(name_of(build(1, true)), "");
  EXPECT_EQ(name_of(build(0, true)), "circuit/free");  // a remainder equal to the divisor: two quotients
  EXPECT_EQ(name_of(build(1, false)), "circuit/free");
}

// z + e = x - 8 with z in 0..7, e in -8..7, and the clamp identity on a square box.
struct Clamped {
  Circuit circuit;
  TensorId x, z;
  Signed e;
  Domain box{{2, 2}, 2};
  explicit Clamped(bool transposed_excess, bool transposed_sign, std::int64_t least = 0, std::int64_t most = 7) {
    x = add_unsigned(circuit, "x", {2, 2}, 4, Owner::kInput);
    z = add_unsigned(circuit, "z", {2, 2}, 3, Owner::kWitness);
    e.value = add(circuit, "e", {2, 2}, -8, 7, Owner::kWitness);
    e.sign = add(circuit, "e.sign", {2, 2}, 0, 1, Owner::kWitness);
    const Form excess{LinearTerm{
        1, view_by_axes(e.value, transposed_excess ? std::vector<AxisId>{1, 0} : std::vector<AxisId>{0, 1})}};
    const Form sign{
        LinearTerm{1, view_by_axes(e.sign, transposed_sign ? std::vector<AxisId>{1, 0} : std::vector<AxisId>{0, 1})}};
    add_lookup(circuit, box, TableKind::kSigned, 4, {of(circuit, e.value), sign});
    circuit.identities.push_back(Identity{
        "sum", box, linear_expression(of(circuit, x) + constant(-8) + of(circuit, z, -1) + of(circuit, e.value, -1))});
    circuit.identities.push_back(Identity{
        "clamp", box,
        Expression{{},
                   {ProductTerm{1, excess, of(circuit, z) + constant(-most) + of(circuit, e.sign, most - least)}}}});
  }
  bool allows(std::vector<std::int64_t> x_values, std::vector<std::int64_t> z_values,
              std::vector<std::int64_t> signs) const {
    Trace trace = empty_trace(circuit);
    trace.values[x] = x_values;
    trace.values[z] = z_values;
    trace.values[e.sign] = std::move(signs);
    for (std::size_t i = 0; i < 4; ++i) trace.values[e.value].push_back(x_values[i] - 8 - z_values[i]);
    return !check_trace(circuit, trace, false);
  }
};

// The pattern of the clamp reads all its tensors at one index. Read across the diagonal it is a relation.
TEST(Determined, AClampAcrossTheDiagonalIsNotAClamp) {
  EXPECT_EQ(name_of(Clamped(false, false).circuit), "");
  const Clamped excess(true, false);
  // x - 8 = (0 1 / 7 0): e_01 = 1 - z_01 may be anything while z_10 = 7 and e_10 = 0.
  EXPECT_TRUE(excess.allows({8, 9, 15, 8}, {0, 1, 7, 0}, {0, 0, 0, 0}));
  EXPECT_TRUE(excess.allows({8, 9, 15, 8}, {0, 0, 7, 0}, {0, 0, 0, 0}));
  EXPECT_EQ(name_of(excess.circuit), "circuit/free");
  const Clamped sign(false, true);
  EXPECT_EQ(name_of(sign.circuit), "circuit/free");
}

// Bounds beyond what z can be leave sums without a solution, but none with two; bounds within leave some with two.
TEST(Determined, TheBoundsOfAClampHoldEveryValue) {
  EXPECT_EQ(name_of(Clamped(false, false, -1, 9).circuit), "");
  const Clamped low(false, false, 0, 5);  // 6 is 6 without excess, and 5 and an excess of 1
  EXPECT_TRUE(low.allows({14, 8, 8, 8}, {6, 0, 0, 0}, {0, 0, 0, 0}));
  EXPECT_TRUE(low.allows({14, 8, 8, 8}, {5, 0, 0, 0}, {0, 0, 0, 0}));
  EXPECT_EQ(name_of(low.circuit), "circuit/free");
  EXPECT_EQ(name_of(Clamped(false, false, 1, 7).circuit), "circuit/free");
}

}  // namespace
}  // namespace veil
