// The clear checker against the argument: random circuits with every kind of view, product and lookup; the protocol
// without blinding accepts a trace exactly when check_trace does.
#include <gtest/gtest.h>

#include "base/sanitizers.h"
#include "circuit/tables.h"
#include "support/proving.h"

namespace veil::testing {
namespace {

constexpr int kCircuits = kSanitized ? 60 : 400;

class RandomCircuit {
 public:
  explicit RandomCircuit(std::uint64_t seed) : random_(seed) {
    const auto count = 1 + pick(4);
    for (std::int64_t i = 0; i < count; ++i) add_random_tensor();
    for (std::int64_t i = pick(4); i > 0; --i) add_random_identity();
    for (std::int64_t i = pick(4); i > 0; --i) add_random_lookup();
    fill_multiplicities(circuit_, trace_);
  }

  const Circuit& circuit() const { return circuit_; }
  const Trace& trace() const { return trace_; }

 private:
  std::int64_t pick(std::int64_t below) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(below));
  }

  TensorId add_values(Shape shape, Owner owner, std::vector<std::int64_t> values) {
    const TensorId id = add_tensor(
        circuit_, Tensor{"t" + std::to_string(circuit_.tensors.size()), std::move(shape), 0, 0, owner, std::nullopt});
    given_.push_back(id);
    trace_.values.resize(circuit_.tensors.size());
    trace_.values[id] = std::move(values);
    return id;
  }

  void add_random_tensor() {
    Shape shape(static_cast<std::size_t>(pick(4)));
    for (std::int64_t& length : shape) length = 1 + pick(pick(3) == 0 ? 9 : 4);
    std::vector<std::int64_t> values(static_cast<std::size_t>(shape_size(shape)));
    for (std::int64_t& value : values) value = pick(7) - 3;
    add_values(shape, static_cast<Owner>(pick(4)), std::move(values));
  }

  Domain random_domain() {
    Domain domain;
    domain.extent.resize(static_cast<std::size_t>(pick(5)));
    for (std::int64_t& length : domain.extent) length = 1 + pick(4);
    domain.box_rank = static_cast<std::uint32_t>(pick(static_cast<std::int64_t>(domain.extent.size()) + 1));
    return domain;
  }

  // Plain axes where a length fits; else slices, strides, windows, zero padding, constants, reversed axes.
  AxisIndex random_index(const Domain& domain, std::int64_t length, std::vector<AxisId>& free) {
    AxisIndex index;
    const bool plain = pick(2) == 0;
    for (std::int64_t terms = plain ? 1 : pick(3); terms > 0 && !free.empty(); --terms) {
      const auto at = static_cast<std::size_t>(pick(static_cast<std::int64_t>(free.size())));
      const AxisId axis = free[at];
      if (plain && domain.extent[axis] != length) continue;
      free.erase(free.begin() + static_cast<std::ptrdiff_t>(at));
      static constexpr std::int64_t kStrides[] = {1, 1, 2, 3, -1, -2};
      index.terms.push_back(AxisTerm{axis, plain ? 1 : kStrides[pick(6)]});
    }
    if (!plain || index.terms.empty()) index.offset = pick(length + 4) - 2;
    return index;
  }

  View random_view(const Domain& domain) {
    if (pick(6) == 0) return one_view();
    View view;
    view.tensor = given_[static_cast<std::size_t>(pick(static_cast<std::int64_t>(given_.size())))];
    std::vector<AxisId> free(domain.extent.size());
    for (std::size_t axis = 0; axis < free.size(); ++axis) free[axis] = static_cast<AxisId>(axis);
    for (const std::int64_t length : circuit_.tensors[*view.tensor].shape) {
      view.index.push_back(random_index(domain, length, free));
    }
    return view;
  }

  Form random_form(const Domain& domain, std::int64_t most) {
    Form form;
    for (std::int64_t terms = pick(most + 1); terms > 0; --terms) {
      form.push_back(LinearTerm{pick(7) - 3, random_view(domain)});
    }
    return form;
  }

  Expression random_expression(const Domain& domain) {
    Expression out = linear_expression(random_form(domain, 3));
    for (std::int64_t products = pick(3); products > 0; --products) {
      out.products.push_back(ProductTerm{pick(5) - 2, random_form(domain, 2), random_form(domain, 2)});
    }
    return out;
  }

  // A tensor over the box that brings the expression to the wanted values.
  Expression corrected(const Domain& domain, Expression expression, const std::vector<std::int64_t>& wanted) {
    const std::vector<Int128> values = evaluate_expression(circuit_, trace_, domain, expression);
    std::vector<std::int64_t> missing;
    for (std::size_t i = 0; i < values.size(); ++i) {
      missing.push_back(static_cast<std::int64_t>(wanted[i] - values[i]));
      if (missing.back() > 1000000 || missing.back() < -1000000) too_large_ = true;
    }
    const Shape shape = domain.box_only().extent;
    std::vector<AxisId> axes(shape.size());
    for (std::size_t axis = 0; axis < axes.size(); ++axis) axes[axis] = static_cast<AxisId>(axis);
    const TensorId id = add_values(shape, pick(3) == 0 ? Owner::kPublic : Owner::kWitness, std::move(missing));
    if (too_large_) given_.pop_back();  // keeps later values small
    too_large_ = false;
    return std::move(expression) + linear_expression({LinearTerm{1, view_by_axes(id, axes)}});
  }

  void add_random_identity() {
    const Domain domain = random_domain();
    const std::vector<std::int64_t> zeros(static_cast<std::size_t>(domain.box_size()), 0);
    Expression expression = corrected(domain, random_expression(domain), zeros);
    circuit_.identities.push_back(Identity{"i" + std::to_string(circuit_.identities.size()), domain, expression});
  }

  void add_random_lookup() {
    const Domain domain = random_domain();
    static const std::vector<std::pair<TableKind, std::vector<std::int64_t>>> kTables{
        {TableKind::kUnsigned, {1}},
        {TableKind::kUnsigned, {3}},
        {TableKind::kSigned, {2}},
        {TableKind::kSigned, {4}},
        {TableKind::kPieces, {1, 6, 2, -4, -8, 4}}};
    const auto& [kind, parameters] = kTables[static_cast<std::size_t>(pick(5))];
    const TableId table = add_table(circuit_, kind, parameters);
    trace_.values.resize(circuit_.tensors.size());
    const auto columns = table_columns(circuit_.tables[table]);
    std::vector<std::size_t> rows(static_cast<std::size_t>(domain.box_size()));
    for (std::size_t& row : rows) row = random_() % columns[0].size();
    Lookup lookup{"l" + std::to_string(circuit_.lookups.size()), domain, table, {}};
    for (const auto& column : columns) {
      std::vector<std::int64_t> wanted;
      for (const std::size_t row : rows) wanted.push_back(column[row]);
      lookup.entries.push_back(corrected(domain, random_expression(domain), wanted));
    }
    circuit_.lookups.push_back(std::move(lookup));
  }

  std::mt19937_64 random_;
  Circuit circuit_;
  Trace trace_;
  std::vector<TensorId> given_;
  bool too_large_ = false;
};

bool accepts(const PreparedCircuit& circuit, const Trace& trace) {
  return run_native(circuit, trace, public_values_of(circuit.circuit(), trace)).failed.empty();
}

// One entry changed by a small amount, with or without the counts that go with it.
Trace changed_trace(const Circuit& circuit, const Trace& trace, std::mt19937_64& random) {
  Trace out = trace;
  std::vector<std::int64_t>& values = out.values[random() % out.values.size()];
  values[random() % values.size()] += static_cast<std::int64_t>(random() % 5) - 2;
  if (random() % 2 == 0) fill_multiplicities(circuit, out);
  return out;
}

TEST(Differential, TheArgumentAcceptsWhatTheClearCheckerAccepts) {
  std::mt19937_64 random(1);
  int rejected = 0;
  int unnoticed = 0;
  for (int trial = 0; trial < kCircuits; ++trial) {
    const RandomCircuit made(random());
    const auto circuit = prepare(made.circuit(), 1 + static_cast<unsigned>(random() % 6));
    ASSERT_EQ(check_trace(made.circuit(), made.trace()), std::nullopt) << trial;
    ASSERT_TRUE(accepts(*circuit, made.trace())) << trial;
    for (int change = 0; change < 6; ++change) {
      const Trace trace = changed_trace(made.circuit(), made.trace(), random);
      const bool is_true = !check_trace(made.circuit(), trace);
      ASSERT_EQ(accepts(*circuit, trace), is_true) << trial;
      ++(is_true ? unnoticed : rejected);
    }
  }
  EXPECT_GT(rejected, kCircuits);
  EXPECT_GT(unnoticed, 0);
}

// Every scalar of the protocol is checked by something, whatever the circuit.
TEST(Differential, EveryChangedAnswerIsNoticed) {
  std::mt19937_64 random(3);
  for (int trial = 0; trial < kCircuits / 20; ++trial) {
    const RandomCircuit made(random());
    const auto circuit = prepare(made.circuit(), 1 + static_cast<unsigned>(random() % 6));
    const PublicValues values = public_values_of(made.circuit(), made.trace());
    for (std::size_t slot = 0; slot < circuit->num_slots(); slot += 1 + random() % 3) {
      const auto lie = [slot](std::size_t at, const Fr& value) { return at == slot ? value + Fr::one() : value; };
      const NativeRun run = run_native(*circuit, made.trace(), values, lie);
      EXPECT_FALSE(run.failed.empty()) << trial << " " << run.labels[slot];
    }
  }
}

TEST(Differential, WholeProofsOfRandomCircuits) {
  std::mt19937_64 random(2);
  for (int trial = 0; trial < kCircuits / 20; ++trial) {
    const RandomCircuit made(random());
    Circuit ranged = made.circuit();
    for (Tensor& tensor : ranged.tensors) {  // what the statement demands of public values
      tensor.low = -kMaxRangeBound;
      tensor.high = kMaxRangeBound;
    }
    const Setting honest = make_setting(prepare(ranged, 1 + static_cast<unsigned>(random() % 6)), made.trace());
    EXPECT_TRUE(verify_argument(honest.statement(), honest.prove()).accepted()) << trial;
    const Trace lie = changed_trace(ranged, made.trace(), random);
    if (!check_trace(ranged, lie)) continue;
    const Setting lying = make_setting(honest.circuit, lie);
    EXPECT_FALSE(verify_argument(lying.statement(), lying.prove()).accepted()) << trial;
  }
}

}  // namespace
}  // namespace veil::testing
