// Attacks on the argument and on its readers, each under its number in docs/security (attacks), tried by an honest
// algorithm on a false trace, by a lying one, or by hostile bytes.
#include <gtest/gtest.h>

#include "base/limits.h"
#include "circuit/tables.h"
#include "circuit/validate.h"
#include "prove/prover.h"
#include "support/proving.h"

namespace veil::testing {
namespace {

TensorId add(Circuit& circuit, const std::string& name, Shape shape, Owner owner, std::int64_t low = -1000,
             std::int64_t high = 1000) {
  const bool named = owner == Owner::kInput || owner == Owner::kPublic;
  return add_tensor(circuit, Tensor{name, std::move(shape), low, high, owner,
                                    named ? std::optional<Meaning>(Meaning{name, "", {}, {0}}) : std::nullopt});
}

LinearTerm term(TensorId id, const std::vector<AxisId>& axes, std::int64_t coefficient = 1) {
  return LinearTerm{coefficient, view_by_axes(id, axes)};
}

std::vector<std::string> failures(const Circuit& circuit, const Trace& trace, unsigned log_columns = 3) {
  return run_native(*prepare(circuit, log_columns), trace, public_values_of(circuit, trace)).failed;
}

// ---- 2. one coordinate for both axes of a square box would let an antisymmetric error pass
TEST(Attack02, AnAntisymmetricErrorOnASquareBoxIsSeen) {
  for (const std::int64_t size : {2, 3, 4}) {
    Circuit circuit;
    const TensorId a = add(circuit, "a", {size, size}, Owner::kInput);
    const TensorId gram = add(circuit, "gram", {size, size}, Owner::kWitness);
    const TensorId copy = add(circuit, "copy", {size, size}, Owner::kWitness);
    circuit.identities.push_back(
        Identity{"gram", Domain{{size, size, size}, 2},
                 Expression{{term(gram, {0, 1}, -1)}, {ProductTerm{1, {term(a, {0, 2})}, {term(a, {1, 2})}}}}});
    circuit.identities.push_back(
        Identity{"copy", Domain{{size, size}, 2}, linear_expression({term(gram, {0, 1}), term(copy, {0, 1}, -1)})});
    Trace trace = empty_trace(circuit);
    for (std::int64_t i = 0; i < size * size; ++i) trace.values[a].push_back(i * i % 7 - 3);
    trace.values[gram].assign(static_cast<std::size_t>(size * size), 0);
    for (const Int128 value : evaluate_expression(circuit, trace, circuit.identities[0].domain,
                                                  Expression{{}, circuit.identities[0].expression.products})) {
      trace.values[copy].push_back(static_cast<std::int64_t>(value));
    }
    trace.values[gram] = trace.values[copy];
    EXPECT_TRUE(failures(circuit, trace).empty());
    for (const bool both : {false, true}) {
      Trace lie = trace;
      lie.values[gram][1] += 5;
      lie.values[gram][static_cast<std::size_t>(size)] -= 5;
      if (both) lie.values[copy] = lie.values[gram];
      EXPECT_FALSE(failures(circuit, lie).empty()) << size;
    }
  }
}

// ---- 5. counts of one table cannot pay for a lookup in another, of the same width, another width, or the same rows
TEST(Attack05, CountsOfAnotherTableDoNotPay) {
  Circuit circuit;
  const TensorId x = add(circuit, "x", {5}, Owner::kInput);
  const TableId unsigned_table = add_table(circuit, TableKind::kUnsigned, {3});
  const TableId wider = add_table(circuit, TableKind::kUnsigned, {4});
  const TableId signed_table = add_table(circuit, TableKind::kSigned, {4});
  Table twin = circuit.tables[unsigned_table];  // the same rows under another tag
  twin.multiplicity = add(circuit, "twin", {8}, Owner::kWitness);
  circuit.tables.push_back(twin);
  circuit.lookups.push_back(Lookup{"x", Domain{{5}, 1}, unsigned_table, {linear_expression({term(x, {0})})}});
  Trace trace = empty_trace(circuit);
  trace.values[x] = {0, 7, 3, 3, 5};
  fill_multiplicities(circuit, trace);
  ASSERT_TRUE(failures(circuit, trace).empty());
  const auto moved = [&](std::int64_t value, TableId to, std::size_t row) {
    Trace lie = trace;
    lie.values[x][2] = value;
    fill_multiplicities(circuit, lie);
    ++lie.values[circuit.tables[to].multiplicity][row];
    return failures(circuit, lie).empty();
  };
  EXPECT_FALSE(moved(12, wider, 12));
  EXPECT_FALSE(moved(-1, signed_table, 7));
  EXPECT_FALSE(moved(8, unsigned_table, 0));
  Trace lie = trace;
  std::swap(lie.values[twin.multiplicity], lie.values[circuit.tables[unsigned_table].multiplicity]);
  EXPECT_FALSE(failures(circuit, lie).empty());
}

// ---- 11 of protocol.md: one tensor with several consumers is bound to all of them
TEST(Attack11, EveryConsumerOfATensorIsBound) {
  Circuit circuit;
  const TensorId x = add(circuit, "x", {6}, Owner::kInput);
  const TensorId y = add(circuit, "y", {6}, Owner::kWitness);
  const TensorId z = add(circuit, "z", {3}, Owner::kPublic);
  const TensorId s = add(circuit, "s", {}, Owner::kPublic);
  const View reversed{y, {AxisIndex{{AxisTerm{0, -2}}, 4}}};  // y[4 - 2 i]
  circuit.identities.push_back(
      Identity{"y", Domain{{6}, 1}, Expression{{term(y, {0}, -1)}, {ProductTerm{1, {term(x, {0})}, {term(x, {0})}}}}});
  circuit.identities.push_back(
      Identity{"z", Domain{{3}, 1}, linear_expression({LinearTerm{1, reversed}, term(z, {0}, -1)})});
  circuit.identities.push_back(
      Identity{"s", Domain{{6}, 0},
               Expression{{term(s, {}, -1)}, {ProductTerm{1, {term(y, {0})}, {LinearTerm{1, one_view()}}}}}});
  Trace trace = empty_trace(circuit);
  trace.values[x] = {1, -2, 3, 4, -5, 6};
  trace.values[y] = {1, 4, 9, 16, 25, 36};
  trace.values[z] = {25, 9, 1};
  trace.values[s] = {91};
  ASSERT_EQ(check_trace(circuit, trace), std::nullopt);
  ASSERT_TRUE(failures(circuit, trace).empty());
  for (const TensorId changed : {x, y, z, s}) {  // each consumer alone could be met by some other y
    for (std::size_t at = 0; at < trace.values[changed].size(); ++at) {
      Trace lie = trace;
      ++lie.values[changed][at];
      EXPECT_FALSE(failures(circuit, lie).empty()) << changed << " " << at;
    }
  }
  // The values of the claims themselves, changed one at a time, at every number of columns.
  for (unsigned log_columns = 1; log_columns <= 5; ++log_columns) {
    const auto prepared = prepare(circuit, log_columns);
    for (std::size_t slot = 0; slot < prepared->num_slots(); ++slot) {
      const auto lie = [slot](std::size_t at, const Fr& value) { return at == slot ? value + Fr::one() : value; };
      EXPECT_FALSE(run_native(*prepared, trace, public_values_of(circuit, trace), lie).failed.empty()) << slot;
    }
  }
}

// ---- 14 and review 1.5: what a prover writes in the padding has no weight anywhere
TEST(Attack14, PaddingWithContentChangesNothing) {
  std::mt19937_64 random(14);
  MlpOptions options;
  options.widths = {3, 5, 1};
  const TestCircuit network = make_mlp(options);
  const auto circuit = prepare(network.circuit, 5);
  const Trace trace = network.run(network.random_values(random, 3000));
  Trace lie = trace;
  ++lie.values[network.output][0];
  for (const Trace* each : std::initializer_list<const Trace*>{&trace, &lie}) {
    Setting setting = make_setting(circuit, *each);
    const RowLayout& layout = circuit->layout();
    Trace owned = empty_trace(network.circuit);  // which cells belong to a tensor
    for (TensorId id = 0; id < owned.values.size(); ++id) owned.values[id].assign(each->values[id].size(), 1);
    const RowRange all{0, layout.total_rows()};
    const std::vector<std::int64_t> mask = layout.matrix(owned).entries(all);
    std::vector<std::int64_t> matrix = setting.rows.matrix.entries(all);
    std::size_t padding = 0;
    for (std::size_t i = 0; i < mask.size(); ++i) {
      if (mask[i] != 0) continue;
      matrix[i] = static_cast<std::int64_t>(random() % 2000) - 1000;
      ++padding;
    }
    EXPECT_GT(padding, 10u);
    setting.rows.matrix = RowMatrix(layout.columns(), matrix);
    const RowCommitter committer(layout.columns());
    const auto commit = [&](Owner owner) {
      const RowRange rows = layout.rows(owner);
      return commit_rows(committer, RowBlinder(), setting.rows.matrix, rows,
                         setting.rows.blinders.expose().subspan(rows.first, rows.count));
    };
    setting.model_rows = commit(Owner::kModel);
    setting.input_rows = commit(Owner::kInput);
    setting.rows.witness = commit(Owner::kWitness);
    EXPECT_EQ(verify_argument(setting.statement(), setting.prove()).accepted(), each == &trace);
  }
}

// ---- 1, 13: keys from anybody
TEST(HostileKey, TheWidestRangesOfWeightsAreProven) {
  constexpr std::int64_t kBound = std::int64_t{1} << 60;
  for (const auto& [low, high] : std::vector<std::pair<std::int64_t, std::int64_t>>{
           {-kBound, kBound}, {kBound, kBound}, {-kBound, -kBound}, {-kBound, 1 - kBound}, {-1, kBound}}) {
    Circuit circuit;
    const TensorId w = add(circuit, "w", {3}, Owner::kModel, low, high);
    std::vector<std::vector<std::int64_t>> weights(circuit.tensors.size());
    weights[w] = {low, high, low};
    SetupOptions options;
    options.log_columns = 3;
    auto key = set_up_model(circuit, weights, options);
    ASSERT_TRUE(key.ok()) << key.error().message;
    EXPECT_TRUE(VerifiedModel::check(key->model, std::nullopt).verdict.accepted());
  }
}

TEST(HostileKey, SizesAreRefusedBeforeTheyCostAnything) {
  const auto refused = [](const Circuit& circuit, unsigned log_columns) {
    return !PreparedCircuit::prepare(circuit, log_columns).ok();
  };
  constexpr std::int64_t kHuge = kMaxTensorSize;
  for (const Owner owner : {Owner::kModel, Owner::kWitness, Owner::kPublic}) {
    Circuit circuit;  // one long axis: weights of 8 GiB
    const TensorId x = add(circuit, "x", {kHuge}, owner);
    circuit.identities.push_back(Identity{"x", Domain{{kHuge}, 1}, linear_expression({term(x, {0})})});
    EXPECT_TRUE(refused(circuit, 12));
  }
  Circuit rows;  // short axes, and 2^27 rows
  const TensorId y = add(rows, "y", {1 << 14, 1 << 14}, Owner::kWitness);
  rows.identities.push_back(Identity{"y", Domain{{1 << 14, 1 << 14}, 2}, linear_expression({term(y, {0, 1})})});
  EXPECT_TRUE(refused(rows, 1));
  EXPECT_TRUE(refused(rows, 4));
  Circuit many;  // many views of a middling axis
  const TensorId z = add(many, "z", {1 << 20}, Owner::kWitness);
  for (int i = 0; i < 100; ++i) {
    many.identities.push_back(Identity{"z", Domain{{1 << 20}, 1}, linear_expression({term(z, {0})})});
  }
  EXPECT_TRUE(refused(many, 12));
  ModelKey key;
  key.circuit = many;
  key.log_columns = 12;
  EXPECT_FALSE(VerifiedModel::check(key, std::nullopt).verdict.accepted());
}

}  // namespace
}  // namespace veil::testing
