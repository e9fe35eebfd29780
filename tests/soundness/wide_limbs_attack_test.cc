// Attacks on limbs of up to 16 bits (docs/decisions/044): their tables, the rule of registration, and what a prover or
// the author of a key could choose otherwise.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <thread>

#include "circuit/interval.h"
#include "circuit/range.h"
#include "circuit/tables.h"
#include "circuit/validate.h"
#include "field/test_support.h"
#include "graph/graph_builder.h"
#include "graph/passes.h"
#include "graph/shape.h"
#include "lookup/check/table_sums.h"
#include "parallel/parallel.h"
#include "poly/eq.h"
#include "prove/prover.h"
#include "support/proving.h"
#include "verify/registration.h"
#include "witness/exercise.h"
#include "witness/mutate.h"

namespace veil::testing {
namespace {

// ---------------------------------------------------------------- sums of tables
// The definition, without anything of Weight or weighted_sum.
std::vector<Fr> direct_sums(const Table& table, const std::vector<Fr>& point) {
  std::vector<Fr> out;
  for (const std::vector<std::int64_t>& column : table_columns(table)) {
    Fr sum;
    for (std::size_t row = 0; row < column.size(); ++row) {
      Fr weight = Fr::from_int(column[row]);
      for (std::size_t i = 0; i < point.size(); ++i) {
        const bool bit = (row >> (point.size() - 1 - i) & 1) != 0;
        weight *= bit ? point[i] : Fr::one() - point[i];
      }
      sum += weight;
    }
    out.push_back(sum);
  }
  return out;
}

TEST(WideTables, ClosedSumsAreTheDefinitionAtEveryWidth) {
  std::mt19937_64 random(1);
  Circuit circuit;
  for (std::int64_t bits = 1; bits <= 16; ++bits) {
    for (const TableKind kind : {TableKind::kUnsigned, TableKind::kSigned}) {
      SCOPED_TRACE(bits);
      const Table table = circuit.tables[add_table(circuit, kind, {bits})];
      NamedPoint point{"p", {}};  // coordinates that stand before and behind those of the table are not to matter
      for (std::int64_t i = 0; i < bits + 5; ++i) point.coordinates.push_back(random_fr(random));
      const auto count = static_cast<std::size_t>(bits);
      const Weight rows = eq_weight(point, 3, count, table_rows(table));
      const auto begin = point.coordinates.begin() + 3;
      EXPECT_EQ(table_sums(table, rows), direct_sums(table, {begin, begin + bits}));
    }
  }
}

TEST(WideTables, ClosedSumsAtACornerAreTheRow) {
  Circuit circuit;
  const Table table = circuit.tables[add_table(circuit, TableKind::kSigned, {16})];
  const auto columns = table_columns(table);
  for (const std::size_t row : {0u, 1u, 32767u, 32768u, 65534u, 65535u}) {
    NamedPoint point{"p", {}};
    for (unsigned i = 16; i-- > 0;) point.coordinates.push_back(Fr::from_u64(row >> i & 1));
    const std::vector<Fr> sums = table_sums(table, eq_weight(point, 0, 16, 65536));
    EXPECT_EQ(sums, (std::vector<Fr>{Fr::from_int(columns[0][row]), Fr::from_int(columns[1][row])}));
  }
}

// ---------------------------------------------------------------- a lookup in each table, and what is outside
struct Looked {
  Circuit circuit;
  std::vector<TensorId> values, signs;

  Looked(std::int64_t first_bits, std::int64_t last_bits) {
    for (std::int64_t bits = first_bits; bits <= last_bits; ++bits) {
      const std::string name = std::to_string(bits);
      add("u" + name, TableKind::kUnsigned, bits);
      add("s" + name, TableKind::kSigned, bits);
    }
  }

  void add(const std::string& name, TableKind kind, std::int64_t bits) {
    const std::int64_t most = std::int64_t{1} << bits;
    const Domain box{{3}, 1};
    const auto entry = [&](TensorId id) { return linear_expression({LinearTerm{1, whole_view(circuit, id)}}); };
    values.push_back(add_tensor(circuit, {name, {3}, -most, most, Owner::kInput, Meaning{name, "", {}, {0}}}));
    std::vector<Expression> entries{entry(values.back())};
    if (kind == TableKind::kSigned) {
      signs.push_back(add_tensor(circuit, {name + "/sign", {3}, 0, 1, Owner::kWitness, {}}));
      entries.push_back(entry(signs.back()));
    }
    const TableId table = add_table(circuit, kind, {bits});
    circuit.lookups.push_back({name, box, table, std::move(entries)});
  }

  Trace honest() const {
    Trace trace = empty_trace(circuit);
    for (std::size_t i = 0; i < circuit.lookups.size(); ++i) {
      const Table& table = circuit.tables[circuit.lookups[i].table];
      const auto rows = static_cast<std::int64_t>(table_rows(table));
      const bool is_signed = table.kind == TableKind::kSigned;
      const std::int64_t low = is_signed ? -rows / 2 : 0;
      trace.values[values[i]] = {low, low + rows - 1, low + rows / 2};
      if (is_signed) trace.values[signs[i / 2]] = {1, 0, 0};
    }
    fill_multiplicities(circuit, trace);
    return trace;
  }
};

bool is_accepted(const PreparedCircuit& circuit, const Trace& trace) {
  return run_native(circuit, trace, public_values_of(circuit.circuit(), trace)).failed.empty();
}

TEST(WideTables, ValuesOutsideAreRejectedWhateverIsCountedForThem) {
  const Looked looked(13, 16);
  const auto circuit = prepare(looked.circuit, 10);
  const Trace honest = looked.honest();
  ASSERT_TRUE(is_accepted(*circuit, honest));
  for (std::size_t i = 0; i < looked.values.size(); ++i) {
    const Table& table = looked.circuit.tables[looked.circuit.lookups[i].table];
    const auto rows = static_cast<std::int64_t>(table_rows(table));
    for (const auto& [position, step] : {std::pair<std::size_t, std::int64_t>{0, -1}, {1, 1}, {0, rows}, {1, -rows}}) {
      Trace lie = honest;  // the count that it had stays, as if it were congruent to the row
      lie.values[looked.values[i]][position] += step;
      EXPECT_FALSE(is_accepted(*circuit, lie)) << looked.circuit.lookups[i].name << " " << step;
      fill_multiplicities(looked.circuit, lie);
      EXPECT_FALSE(is_accepted(*circuit, lie)) << looked.circuit.lookups[i].name << " " << step;
    }
  }
  for (const TensorId sign : looked.signs) {  // zero has one sign
    Trace lie = honest;
    lie.values[sign][2] = 1;
    fill_multiplicities(looked.circuit, lie);
    EXPECT_FALSE(is_accepted(*circuit, lie));
  }
}

TEST(WideTables, EveryCountIsBound) {
  std::mt19937_64 random(2);
  const Looked looked(15, 16);
  const auto circuit = prepare(looked.circuit, 10);
  const Trace honest = looked.honest();
  for (const Table& table : looked.circuit.tables) {
    const std::size_t rows = table_rows(table);
    for (const std::size_t row : {std::size_t{0}, rows - 1, random() % rows}) {
      Trace lie = honest;
      lie.values[table.multiplicity][row] += 1;
      EXPECT_FALSE(is_accepted(*circuit, lie)) << row;
      lie.values[table.multiplicity][row ^ 1] -= 1;  // the total stays
      EXPECT_FALSE(is_accepted(*circuit, lie)) << row;
    }
  }
}

// ---------------------------------------------------------------- the range gadget at every width of limbs
struct Ranged {
  Circuit circuit;
  TensorId value;
  std::vector<LimbStep> steps;

  Ranged(std::int64_t low, std::int64_t high, unsigned limb_bits) {
    value = add_tensor(circuit, {"x", {1}, low, high, Owner::kInput, Meaning{"x", "", {}, {0}}});
    const Expression whole = linear_expression({LinearTerm{1, whole_view(circuit, value)}});
    steps = add_range_proof(circuit, "range", Domain{{1}, 1}, whole, low, high, limb_bits);
  }

  Trace at(std::int64_t x) const {
    Trace trace = empty_trace(circuit);
    trace.values[value] = {x};
    for (const LimbStep& step : steps) fill_limbs(circuit, trace, step);
    return trace;
  }
  bool holds(const Trace& trace) const { return !check_trace(circuit, trace, false); }
};

// Every limb moved by up to a whole digit of its neighbours, alone and in pairs.
bool some_limbs_fit(const Ranged& ranged, const Trace& start) {
  std::vector<TensorId> limbs;
  for (const LimbStep& step : ranged.steps) limbs.insert(limbs.end(), step.limbs.begin(), step.limbs.end());
  const std::int64_t moves[] = {0, 1, -1, 255, -256, 256, 65535, -65536, 65536};
  for (std::size_t a = 0; a <= limbs.size(); ++a) {
    for (std::size_t b = a; b <= limbs.size(); ++b) {
      for (const std::int64_t of_a : moves) {
        for (const std::int64_t of_b : moves) {
          Trace trace = start;
          if (a < limbs.size()) trace.values[limbs[a]][0] += of_a;
          if (b < limbs.size()) trace.values[limbs[b]][0] += of_b;
          if (ranged.holds(trace)) return true;
        }
      }
    }
  }
  return false;
}

TEST(WideRange, ProvesExactlyTheInterval) {
  const std::pair<std::int64_t, std::int64_t> intervals[] = {
      {0, 0},          {0, 1},          {-1, 1},           {0, 255},
      {-3, 252},       {0, 256},        {0, 65534},        {0, 65535},
      {-32768, 32767}, {0, 65536},      {-65536, 65535},   {-5, 1 << 20},
      {-40000, 1e9},   {7, 4294967302}, {0, 4294967295ll}, {-kMaxRangeBound, kMaxRangeBound}};
  for (const auto& [low, high] : intervals) {
    for (const unsigned limb_bits : {1u, 3u, 7u, 8u, 11u, 15u, 16u}) {
      SCOPED_TRACE(std::to_string(low) + " to " + std::to_string(high) + ", limbs of " + std::to_string(limb_bits));
      const Ranged ranged(low, high, limb_bits);
      const Verdict verdict = validate_circuit(ranged.circuit);
      EXPECT_TRUE(verdict.accepted()) << verdict.name() << " " << verdict.detail();
      const auto proven = proven_ranges(ranged.circuit)[ranged.value];
      ASSERT_TRUE(proven.has_value());
      EXPECT_TRUE(proven->low == low && proven->high == high);
      EXPECT_TRUE(ranged.holds(ranged.at(low)) && ranged.holds(ranged.at(high)));
      EXPECT_FALSE(ranged.holds(ranged.at(low - 1)) || ranged.holds(ranged.at(high + 1)));
      Circuit narrower = ranged.circuit;  // a declaration that is narrower than what is proven is no proof
      if (low == high) continue;
      narrower.tensors[ranged.value].high = high - 1;
      EXPECT_EQ(validate_circuit(narrower).name(), "circuit/range");
    }
  }
}

TEST(WideRange, NoOtherLimbsProveAValueOutside) {
  for (const auto& [low, high] : {std::pair<std::int64_t, std::int64_t>{0, 65535}, {-5, 70000}, {-100000, 16677215}}) {
    for (const unsigned limb_bits : {8u, 16u}) {
      const Ranged ranged(low, high, limb_bits);
      for (const std::int64_t outside : {low - 1, high + 1, low - 65536, high + 65536}) {
        EXPECT_FALSE(some_limbs_fit(ranged, ranged.at(outside))) << low << " " << high << " " << outside;
      }
    }
  }
}

// Two limbs of one value in one table of 16 bits, as far apart as the author of a circuit likes.
Circuit two_limbs(std::int64_t factor, std::int64_t bits) {
  Circuit circuit;
  const std::int64_t most = (std::int64_t{1} << bits) - 1;
  const Domain box{{2}, 1};
  const TensorId x = add_tensor(circuit, {"x", {2}, 0, most + factor * most, Owner::kInput, Meaning{"x", "", {}, {0}}});
  const TensorId limb = add_tensor(circuit, {"limb", {2}, 0, most, Owner::kWitness, {}});
  const auto term = [&](TensorId id, std::int64_t by) { return LinearTerm{by, whole_view(circuit, id)}; };
  const TableId table = add_table(circuit, TableKind::kUnsigned, {bits});
  circuit.lookups.push_back({"limb", box, table, {linear_expression({term(limb, 1)})}});
  circuit.lookups.push_back({"low", box, table, {linear_expression({term(x, 1), term(limb, -factor)})}});
  return circuit;
}

TEST(WideRange, LimbsThatOverlapAreFree) {
  for (const std::int64_t bits : {8, 9, 13, 15, 16}) {
    const std::int64_t whole = std::int64_t{1} << bits;
    EXPECT_EQ(validate_circuit(two_limbs(whole, bits)).name(), "");
    for (const std::int64_t factor : {std::int64_t{1}, whole / 2, whole - 1}) {
      EXPECT_EQ(validate_circuit(two_limbs(factor, bits)).name(), "circuit/free") << bits << " " << factor;
    }
  }
}

// ---------------------------------------------------------------- tables of a hostile key
TEST(HostileTables, OnlyThoseOfTheRegistryAndNotTooMany) {
  for (const TableKind kind : {TableKind::kUnsigned, TableKind::kSigned}) {
    for (const std::int64_t bits : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{17}, std::int64_t{64}, INT64_MIN}) {
      EXPECT_FALSE(table_is_known(kind, {bits}));
    }
    EXPECT_FALSE(table_is_known(kind, {16, 16}));
    EXPECT_FALSE(table_is_known(kind, {}));
  }
  Circuit many;
  for (std::size_t i = 0; i < 33; ++i) {
    EXPECT_EQ(validate_circuit(many).name(), "");
    const std::string name = "counts/" + std::to_string(i);
    const TensorId counts = add_tensor(many, {name, {65536}, 0, 0, Owner::kWitness, {}});
    many.tables.push_back({TableKind::kUnsigned, {16}, counts});
  }
  EXPECT_EQ(validate_circuit(many).name(), "circuit/size");
  Looked shorter(16, 16);
  shorter.circuit.tensors[shorter.circuit.tables[0].multiplicity].shape = {65535};
  EXPECT_EQ(validate_circuit(shorter.circuit).name(), "circuit/table");
}

TEST(HostileTables, UnknownWidthsAreNotRead) {
  const Looked looked(16, 16);
  for (const std::int64_t bits : {0, 17, 62}) {
    Circuit circuit = looked.circuit;
    circuit.tables[0].parameters = {bits};
    Writer writer;
    write_circuit(writer, circuit);
    Reader reader(writer.bytes());
    EXPECT_FALSE(read_circuit(reader).ok()) << bits;
  }
}

// ---------------------------------------------------------------- the rule of registration
Circuit model_of(const std::vector<std::pair<Shape, std::int64_t>>& tensors) {
  Circuit circuit;
  for (const auto& [shape, high] : tensors) {
    const std::string name = "w" + std::to_string(circuit.tensors.size());
    add_tensor(circuit, {name, shape, 0, high, Owner::kModel, {}});
  }
  return circuit;
}

std::int64_t widest_table(const Circuit& circuit) {
  std::int64_t most = 0;
  for (const Table& table : circuit.tables) most = std::max(most, table.parameters[0]);
  return most;
}

TEST(Registration, LimbsAreWideFromTheWeightOn) {
  const auto widest = [](const std::vector<std::pair<Shape, std::int64_t>>& tensors) {
    return widest_table(registration_circuit(model_of(tensors)).circuit);
  };
  EXPECT_EQ(widest({{{65535}, 65535}}), 8);
  EXPECT_EQ(widest({{{65536}, 65535}}), 16);
  EXPECT_EQ(widest({{{65536}, 255}}), 8);
  EXPECT_EQ(widest({{{65536}, 256}}), 9);
  EXPECT_EQ(widest({{{65535}, 256}, {{1}, 65535}}), 16);
  EXPECT_EQ(widest({{{65535}, 65535}, {{1 << 20}, 255}, {{}, 100}}), 8);
  EXPECT_EQ(widest({{{256, 256}, kMaxRangeBound}}), 16);
}

// Model rows of a public model, so that anybody can make a registration of another circuit about them.
TEST(Registration, ProofsWithOtherLimbsThanTheRuleAreRejected) {
  const Circuit model = model_of({{{65536}, 511}});
  std::vector<std::vector<std::int64_t>> weights(1);
  for (std::int64_t i = 0; i < 65536; ++i) weights[0].push_back(i % 512);
  SetupOptions options;
  options.visibility = Visibility::kPublic;
  options.log_columns = 10;
  const auto key = set_up_model(model, weights, options);
  ASSERT_TRUE(key.ok());
  ASSERT_EQ(VerifiedModel::check(key->model, std::nullopt).verdict.name(), "");
  for (const unsigned limb_bits : {8u, 16u, 15u, 5u}) {
    Circuit circuit = model;
    const Expression value = linear_expression({LinearTerm{1, whole_view(circuit, 0)}});
    const auto steps = add_range_proof(circuit, "w0/range", Domain{{65536}, 1}, value, 0, 511, limb_bits);
    Trace trace = empty_trace(circuit);
    trace.values[0] = weights[0];
    for (const LimbStep& step : steps) fill_limbs(circuit, trace, step);
    fill_multiplicities(circuit, trace);
    Setting setting = make_setting(prepare(circuit, 10), trace, kRegistrationContext);
    for (Fr& blinder : setting.rows.blinders.expose().first(setting.model_rows.size())) blinder = Fr::zero();
    setting.model_rows = key->model.model_rows;
    ASSERT_TRUE(verify_argument(setting.statement(), setting.prove()).accepted());
    ModelKey forged = key->model;
    forged.registration_proof = setting.prove();
    // A weight of 9 bits is one limb, whether limbs have 15 or 16: then it is the very circuit of the rule.
    EXPECT_EQ(VerifiedModel::check(forged, std::nullopt).verdict.name(), limb_bits > 9 ? "" : "model/registration");
  }
}

// ---------------------------------------------------------------- operators with wide limbs, on the proof itself
struct OperatorCase {
  std::string name;
  std::function<Graph(GraphBuilder&)> build;
  std::string claim = {};
};

std::vector<double> random_list(std::size_t size, std::mt19937_64& random) {
  std::uniform_real_distribution<double> number(-1, 1);
  std::vector<double> out(size);
  for (double& value : out) value = number(random);
  return out;
}

Array random_array(GraphShape shape, unsigned seed) {
  std::mt19937_64 random(seed);
  std::vector<double> data = random_list(static_cast<std::size_t>(size_of(shape)), random);
  return Array{std::move(shape), std::move(data)};
}

// A quantised model of 16 bits with the rows that it saw.
struct Quantised {
  std::vector<RealRow> rows;
  std::optional<QuantisedModel> model;

  explicit Quantised(const OperatorCase& each) {
    GraphBuilder builder;
    Graph graph = each.build(builder);
    EXPECT_TRUE(infer_and_fold(graph).ok());
    std::mt19937_64 random(8);
    rows.resize(20);
    for (RealRow& row : rows) {
      for (const ValueId id : graph.inputs) {
        row.push_back(random_list(static_cast<std::size_t>(size_of(graph.values[id].shape)), random));
      }
    }
    QuantiseOptions options;
    options.claim = each.claim;
    auto made = quantise(graph, rows, 16, options);
    EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.error().message);
    if (made.ok()) model = std::move(made).value();
  }
  IntegerRow first_row() const { return quantise_row(model->graph, rows[0])->inputs; }
};

std::vector<OperatorCase> operator_cases() {
  using A = std::map<std::string, Attribute>;
  const auto gemm = [](GraphBuilder& b) {
    const ValueId x = b.input("x", {1, 3});
    return b.node("Gemm", {x, b.constant(random_array({3, 4}, 1)), b.constant(random_array({4}, 2))}, "h");
  };
  std::vector<OperatorCase> out;
  for (const std::string op : {"Relu", "Sigmoid", "Softmax", "LeakyRelu"}) {
    out.push_back({"dense_" + op, [=](GraphBuilder& b) { return b.finish({b.node(op, {gemm(b)}, "y")}); }});
  }
  out.push_back({"conv_maximum", [](GraphBuilder& b) {
                   const ValueId x = b.input("x", {1, 1, 4, 4});
                   const ValueId h = b.node("Conv", {x, b.constant(random_array({2, 1, 2, 2}, 9))}, "h");
                   const ValueId p = b.node("MaxPool", {h}, "p", A{{"kernel_shape", std::vector<std::int64_t>{2, 2}}});
                   return b.finish({b.node("Conv", {p, b.constant(random_array({1, 2, 2, 2}, 10))}, "y")});
                 }});
  out.push_back({"divide", [](GraphBuilder& b) {
                   const ValueId x = b.input("x", {2, 3});
                   return b.finish({b.node("Div", {x, b.constant({{3}, {2, 3, -5}})}, "y")});
                 }});
  out.push_back({"claim", [=](GraphBuilder& b) { return b.finish({b.node("ReduceMax", {gemm(b)}, "y")}); }});
  out.back().claim = "y >= -2";
  return out;
}

bool is_count(const Circuit& circuit, TensorId id) {
  const auto counts = [id](const Table& table) { return table.multiplicity == id; };
  return std::any_of(circuit.tables.begin(), circuit.tables.end(), counts);
}

// One entry of every witness and public tensor, its multiplicities counted again: what a prover could do best.
void expect_lies_rejected(const Lowering& lowering, const Trace& honest, std::mt19937_64& random) {
  const Circuit& circuit = lowering.circuit;
  const auto prepared = prepare(circuit, 10);
  ASSERT_TRUE(is_accepted(*prepared, honest));
  for (TensorId id = 0; id < circuit.tensors.size(); ++id) {
    const Owner owner = circuit.tensors[id].owner;
    if (owner != Owner::kWitness && owner != Owner::kPublic) continue;
    Trace lie = honest;
    lie.keys.clear();
    ASSERT_FALSE(lie.values[id].empty());
    const auto changes = mutations_of(lie.values[id][0]);
    lie.values[id][random() % lie.values[id].size()] += changes[random() % changes.size()] - lie.values[id][0];
    if (lie.values[id] == honest.values[id]) continue;
    if (!is_count(circuit, id)) fill_multiplicities(circuit, lie);
    EXPECT_FALSE(is_accepted(*prepared, lie)) << circuit.tensors[id].name;
  }
}

TEST(WideOperators, EveryTensorIsBoundByTheProof) {
  std::mt19937_64 random(4);
  for (const OperatorCase& each : operator_cases()) {
    SCOPED_TRACE(each.name);
    const Quantised made(each);
    ASSERT_TRUE(made.model.has_value());
    const QuantisedModel& model = *made.model;
    for (const unsigned top : {kLimbBits, kWideLimbBits}) {
      const auto lowering = lower(model.graph, {kWideLimbBits, top});
      ASSERT_TRUE(lowering.ok()) << lowering.error().message;
      EXPECT_GT(widest_table(lowering->circuit), 8);
      const auto trace = fill_trace(*lowering, model.weights, made.first_row());
      ASSERT_TRUE(trace.ok());
      ASSERT_EQ(check_trace(lowering->circuit, *trace), std::nullopt);
      expect_lies_rejected(*lowering, *trace, random);
    }
  }
}

// How many kept keys there are; each is to be the entry that it stands for.
std::size_t compare_kept_keys(const Circuit& circuit, const Trace& trace) {
  std::size_t compared = 0;
  for (std::size_t i = 0; i < circuit.lookups.size(); ++i) {
    const Lookup& lookup = circuit.lookups[i];
    const std::vector<std::int64_t>* keys = trace.keys_of(i);
    if (keys == nullptr) continue;
    const BoxValues entry = evaluate_box(circuit, trace, lookup.domain, lookup.entries[0]);
    EXPECT_EQ(entry.size(), keys->size()) << lookup.name;
    for (std::size_t at = 0; at < std::min(entry.size(), keys->size()); ++at) {
      EXPECT_TRUE(entry[at] == (*keys)[at]) << lookup.name;
    }
    ++compared;
  }
  return compared;
}

// What steps keep of the ranges that they prove is what the tensors say, also where values saturate.
TEST(WideOperators, KeptKeysAreTheEntries) {
  for (const OperatorCase& each : operator_cases()) {
    SCOPED_TRACE(each.name);
    const Quantised made(each);
    ASSERT_TRUE(made.model.has_value());
    for (const LimbWidths& widths : {LimbWidths{}, LimbWidths{16, 8}, LimbWidths{16, 16}}) {
      const auto lowering = lower(made.model->graph, widths);
      ASSERT_TRUE(lowering.ok()) << lowering.error().message;
      std::size_t compared = 0;
      for (const IntegerRow& row : extreme_rows(made.model->graph, 2)) {
        const auto trace = fill_trace(*lowering, made.model->weights, row);
        if (trace.ok()) compared += compare_kept_keys(lowering->circuit, *trace);
      }
      EXPECT_GT(compared, 0u);
    }
  }
}

// ---------------------------------------------------------------- threads
TEST(WideThreads, AllSeeOneEqVectorHoweverManyAskAtOnce) {
  std::mt19937_64 random(6);
  std::vector<Fr> point;
  for (int i = 0; i < 13; ++i) point.push_back(random_fr(random));
  for (const std::size_t size : {4095u, 4096u, 4097u, 8191u, 8192u}) {
    const std::vector<Fr> wanted = eq_table(point, size);
    for (int round = 0; round < 20; ++round) {
      const SharedVector shared = SharedVector::eq(point, size);
      std::vector<const Fr*> seen(8);
      std::vector<std::thread> threads;
      for (const Fr*& mine : seen) threads.emplace_back([&mine, copy = shared] { mine = copy.vector().data(); });
      for (std::thread& thread : threads) thread.join();
      EXPECT_EQ(seen, std::vector<const Fr*>(8, shared.vector().data()));
      EXPECT_EQ(shared.vector(), wanted);
    }
  }
}

// A product of matrices, a convolution's worth of rows and wide lookups, with and without threads.
TEST(WideThreads, MessagesDoNotDependOnTheirNumber) {
  OperatorCase each{"dense", [](GraphBuilder& b) {
                      const ValueId x = b.input("x", {40, 300});
                      const ValueId h = b.node("MatMul", {x, b.constant(random_array({300, 130}, 1))}, "h");
                      return b.finish({b.node("Relu", {h}, "y")});
                    }};
  const Quantised made(each);
  ASSERT_TRUE(made.model.has_value());
  const QuantisedModel& model = *made.model;
  const auto lowering = lower(model.graph, {kWideLimbBits, kWideLimbBits});
  const auto prepared = prepare(lowering->circuit, 10);
  const IntegerRow row = made.first_row();
  const std::size_t before = num_threads();
  std::vector<Fr> wanted;
  for (const std::size_t threads : {1u, 2u, 3u, 8u}) {
    set_num_threads(threads);
    const auto trace = fill_trace(*lowering, model.weights, row);
    const NativeRun run = run_native(*prepared, *trace, public_values_of(lowering->circuit, *trace));
    EXPECT_TRUE(run.failed.empty()) << threads;
    if (wanted.empty()) wanted = run.sent;
    EXPECT_EQ(run.sent, wanted) << threads;
  }
  set_num_threads(before);
}

}  // namespace
}  // namespace veil::testing
