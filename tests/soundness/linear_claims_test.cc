// Attacks on linear claims (docs/decisions/010): checks for which nothing is sent must still bind every entry.
#include <gtest/gtest.h>

#include <random>

#include "support/proving.h"

namespace veil::testing {
namespace {

// y = 2 x + p, z_i = x_i + 5 x_{i+1} (one tensor through two views), w = x y; x and y are bytes by a lookup.
struct Network {
  Circuit circuit;
  TensorId x, y, z, w, p;

  Network() {
    const auto add = [this](const char* name, Shape shape, Owner owner) {
      return add_tensor(circuit, {name, std::move(shape), -(std::int64_t{1} << 40), std::int64_t{1} << 40, owner, {}});
    };
    x = add("x", {4}, Owner::kInput);
    y = add("y", {4}, Owner::kWitness);
    z = add("z", {3}, Owner::kWitness);
    w = add("w", {4}, Owner::kWitness);
    p = add("p", {4}, Owner::kPublic);
    const auto at = [](TensorId id, std::int64_t coefficient, std::int64_t offset = 0) {
      View view = view_by_axes(id, {0});
      view.index[0].offset = offset;
      return LinearTerm{coefficient, view};
    };
    const Domain four{{4}, 1}, three{{3}, 1};
    circuit.identities.push_back({"y", four, linear_expression({at(y, -1), at(x, 2), at(p, 1)})});
    circuit.identities.push_back({"z", three, linear_expression({at(z, -1), at(x, 1), at(x, 5, 1)})});
    circuit.identities.push_back({"w", four, {{at(w, -1)}, {{1, {at(x, 1)}, {at(y, 1), at(x, 0)}}}}});
    const TableId bytes = add_table(circuit, TableKind::kUnsigned, {8});
    for (const TensorId id : {x, y}) {
      Lookup lookup;
      lookup.name = circuit.tensors[id].name + "/byte";
      lookup.domain = four;
      lookup.table = bytes;
      lookup.entries.push_back(linear_expression({at(id, 1)}));
      circuit.lookups.push_back(std::move(lookup));
    }
  }

  Trace honest() const {
    Trace trace = empty_trace(circuit);
    trace.values[x] = {3, 50, 100, 7};
    trace.values[p] = {1, 0, 2, 9};
    for (std::size_t i = 0; i < 4; ++i) {
      trace.values[y].push_back(2 * trace.values[x][i] + trace.values[p][i]);
      trace.values[w].push_back(trace.values[x][i] * trace.values[y][i]);
      if (i < 3) trace.values[z].push_back(trace.values[x][i] + 5 * trace.values[x][i + 1]);
    }
    fill_multiplicities(circuit, trace);
    return trace;
  }
};

bool accepted(const Setting& setting) { return verify_argument(setting.statement(), setting.prove()).accepted(); }

// The lie is committed and proven over; both by the clear run of the text and by the whole verifier it is rejected.
void expect_rejected(const Setting& honest, const Trace& lie, const std::string& what) {
  EXPECT_FALSE(run_native(*honest.circuit, lie, honest.public_values).failed.empty()) << what;
  Setting lying = make_setting(honest.circuit, lie);
  lying.public_values = honest.public_values;
  EXPECT_FALSE(accepted(lying)) << what;
}

TEST(LinearClaims, HonestRunsAreAccepted) {
  const Network network;
  for (const unsigned log_columns : {1u, 2u, 5u}) {
    const Setting setting = make_setting(prepare(network.circuit, log_columns), network.honest());
    EXPECT_TRUE(accepted(setting)) << log_columns;
  }
}

TEST(LinearClaims, EveryEntryOfEveryTensorIsBound) {
  const Network network;
  const Setting honest = make_setting(prepare(network.circuit, 2), network.honest());
  for (TensorId id = 0; id < network.circuit.tensors.size(); ++id) {
    if (network.circuit.tensors[id].owner == Owner::kPublic) continue;
    for (std::size_t i = 0; i<honest.trace.values[id].size(); i += id> network.p ? 37 : 1) {
      for (const std::int64_t step : {1, -256}) {
        Trace lie = honest.trace;
        lie.values[id][i] += step;
        expect_rejected(honest, lie, network.circuit.tensors[id].name + " " + std::to_string(i));
      }
    }
  }
}

// Errors that cancel where entries, or claims, are added up with equal weights.
TEST(LinearClaims, ErrorsDoNotCancel) {
  const Network network;
  const Setting honest = make_setting(prepare(network.circuit, 2), network.honest());
  Trace lie = honest.trace;
  lie.values[network.y][0] += 4;  // within one identity
  lie.values[network.y][1] -= 4;
  fill_multiplicities(network.circuit, lie);
  expect_rejected(honest, lie, "two entries");
  lie = honest.trace;
  lie.values[network.z][0] += 1;  // between two identities
  lie.values[network.w][0] -= 1;
  expect_rejected(honest, lie, "two identities");
  lie = honest.trace;
  lie.values[network.x][0] += 5;  // within the two views of one tensor: z_0 as it was, and what follows from x
  lie.values[network.x][1] -= 1;
  for (std::size_t i = 0; i < 2; ++i) {
    lie.values[network.y][i] = 2 * lie.values[network.x][i] + lie.values[network.p][i];
    lie.values[network.w][i] = lie.values[network.x][i] * lie.values[network.y][i];
  }
  fill_multiplicities(network.circuit, lie);
  expect_rejected(honest, lie, "two views");
}

// A value outside the table, with any one count changed to pay for it, and two such values of opposite error.
TEST(LinearClaims, FalseLookupsAreNotPaidForByCounts) {
  const Network network;
  const Setting honest = make_setting(prepare(network.circuit, 2), network.honest());
  const TensorId counts = network.circuit.tables[0].multiplicity;
  Trace lie = honest.trace;
  lie.values[network.x] = {300, 50, 100, 7};
  for (std::size_t i = 0; i < 4; ++i) {
    lie.values[network.y][i] = 2 * lie.values[network.x][i] + lie.values[network.p][i];
    lie.values[network.w][i] = lie.values[network.x][i] * lie.values[network.y][i];
    if (i < 3) lie.values[network.z][i] = lie.values[network.x][i] + 5 * lie.values[network.x][i + 1];
  }
  fill_multiplicities(network.circuit, lie);
  expect_rejected(honest, lie, "counts as they fall");
  for (const std::size_t row : {std::size_t{0}, std::size_t{44}, std::size_t{255}}) {
    Trace paid = lie;
    paid.values[counts][row] += 2;
    expect_rejected(honest, paid, "row " + std::to_string(row));
  }
}

// A public tensor enters linear parts as a constant of the verifier's own.
TEST(LinearClaims, PublicValuesAreTheVerifiers) {
  const Network network;
  const Setting honest = make_setting(prepare(network.circuit, 2), network.honest());
  const Bytes proof = honest.prove();
  for (std::size_t i = 0; i < 4; ++i) {
    Setting other = with_trace(honest, honest.trace);
    other.public_values[network.p][i] += 1;
    EXPECT_FALSE(verify_argument(other.statement(), proof).accepted()) << i;
    EXPECT_FALSE(verify_argument(other.statement(), other.prove()).accepted()) << i;  // proven for that statement
  }
}

// Any message may be any lie, one at a time and in pairs that cancel in a plain sum.
TEST(LinearClaims, NoMessageIsFree) {
  const Network network;
  const Setting honest = make_setting(prepare(network.circuit, 2), network.honest());
  const std::size_t slots = honest.circuit->num_slots();
  std::mt19937_64 random(4);
  for (std::size_t slot = 0; slot < slots; ++slot) {
    const std::size_t other = random() % slots;
    const auto lie = [&](std::size_t at, const Fr& value) {
      if (at == slot) return value + Fr::from_u64(9);
      return at == other ? value - Fr::from_u64(9) : value;
    };
    if (other == slot) continue;
    EXPECT_FALSE(run_native(*honest.circuit, honest.trace, honest.public_values, lie).failed.empty())
        << slot << " " << other;
  }
}

}  // namespace
}  // namespace veil::testing
