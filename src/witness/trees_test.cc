// Tree ensembles: honest traces, mutations of every relation, the independent evaluator, and the decisions themselves.
#include <cmath>
#include <functional>
#include <limits>

#include "tensor/float_order.h"
#include "witness/operator_case.h"

namespace veil {
namespace {

using A = std::map<std::string, Attribute>;
using Reals = std::vector<double>;
using Whole = std::vector<std::int64_t>;

// Two trees: x0 <= 0.5 ? (x1 `mode` -0.25 ? 1 : 2) : 3   and   x2 > 0.75 ? -0.5 : 0.25
A two_trees(const std::string& mode) {
  return A{{"nodes_treeids", Whole{0, 0, 0, 0, 0, 1, 1, 1}},
           {"nodes_nodeids", Whole{0, 1, 2, 3, 4, 0, 1, 2}},
           {"nodes_featureids", Whole{0, 1, 0, 0, 0, 2, 0, 0}},
           {"nodes_truenodeids", Whole{1, 3, 0, 0, 0, 1, 0, 0}},
           {"nodes_falsenodeids", Whole{2, 4, 0, 0, 0, 2, 0, 0}},
           {"nodes_values", Reals{0.5, -0.25, 0, 0, 0, 0.75, 0, 0}},
           {"nodes_modes", "BRANCH_LEQ\n" + mode + "\nLEAF\nLEAF\nLEAF\nBRANCH_GT\nLEAF\nLEAF"},
           {"target_treeids", Whole{0, 0, 0, 1, 1}},
           {"target_nodeids", Whole{3, 4, 2, 1, 2}},
           {"target_ids", Whole{0, 0, 0, 0, 0}},
           {"target_weights", Reals{1, 2, 3, -0.5, 0.25}},
           {"n_targets", std::int64_t{1}}};
}

double float_trees(const std::string& mode, const Reals& x) {
  const double t = -0.25;
  const bool second = mode == "BRANCH_LEQ"   ? x[1] <= t
                      : mode == "BRANCH_LT"  ? x[1] < t
                      : mode == "BRANCH_GTE" ? x[1] >= t
                      : mode == "BRANCH_GT"  ? x[1] > t
                      : mode == "BRANCH_EQ"  ? x[1] == t
                                             : x[1] != t;
  const double first = x[0] <= 0.5 ? (second ? 1 : 2) : 3;
  return first + (x[2] > 0.75 ? -0.5 : 0.25);
}

Graph regressor(GraphBuilder& b, A attributes, std::int64_t rows = 1) {
  const ValueId x = b.input("x", {rows, 3});
  return b.finish({b.node("ai.onnx.ml:TreeEnsembleRegressor", {x}, "y", std::move(attributes))});
}

// Two columns that are joined, and of which one value needs more than 16 bits.
Graph long_tailed(GraphBuilder& b, const std::string& mode, std::int64_t rows = 1) {
  const ValueId first = b.input("first", {rows, 1}), rest = b.input("rest", {rows, 2});
  const ValueId x = b.node("Concat", {first, rest}, "x", {{"axis", std::int64_t{1}}});
  return b.finish({b.node("ai.onnx.ml:TreeEnsembleRegressor", {x}, "y", two_trees(mode))});
}

A with(A attributes, const std::string& name, Attribute value) {
  attributes[name] = std::move(value);
  return attributes;
}

// Nodes of a regressor of one target, as they are made.
struct NodeLists {
  Whole tree, node, feature, when_true, when_false, missing, leaf_tree, leaf_node;
  Reals threshold, weight;
  std::string modes;

  void add(std::int64_t t, std::int64_t n, std::int64_t f, std::int64_t yes, std::int64_t no, double split,
           const std::string& mode) {
    tree.push_back(t);
    node.push_back(n);
    feature.push_back(f);
    when_true.push_back(yes);
    when_false.push_back(no);
    missing.push_back(0);
    threshold.push_back(split);
    modes += (modes.empty() ? "" : "\n") + mode;
  }
  void add_leaf(std::int64_t t, std::int64_t n, double number) {
    add(t, n, 0, 0, 0, 0, "LEAF");
    leaf_tree.push_back(t);
    leaf_node.push_back(n);
    weight.push_back(number);
  }
  A attributes() const {
    return A{{"nodes_treeids", tree},
             {"nodes_nodeids", node},
             {"nodes_featureids", feature},
             {"nodes_truenodeids", when_true},
             {"nodes_falsenodeids", when_false},
             {"nodes_missing_value_tracks_true", missing},
             {"nodes_values", threshold},
             {"nodes_modes", modes},
             {"target_treeids", leaf_tree},
             {"target_nodeids", leaf_node},
             {"target_ids", Whole(leaf_tree.size(), 0)},
             {"target_weights", weight},
             {"n_targets", std::int64_t{1}}};
  }
};

double on_grid(std::mt19937_64& random) { return 0.25 * (static_cast<double>(random() % 9) - 4); }

// Complete trees of some levels with thresholds on a grid of 0.25: walked in several stages where they are many.
A many_trees(std::int64_t trees, std::int64_t levels) {
  std::mt19937_64 random(3);
  NodeLists out;
  const std::int64_t inner = (std::int64_t{1} << levels) - 1;
  for (std::int64_t t = 0; t < trees; ++t) {
    for (std::int64_t n = 0; n < inner; ++n) {
      const auto feature = static_cast<std::int64_t>(random() % 3);
      out.add(t, n, feature, 2 * n + 1, 2 * n + 2, on_grid(random), n % 2 == 0 ? "BRANCH_LEQ" : "BRANCH_GT");
    }
    for (std::int64_t n = inner; n <= 2 * inner; ++n) {
      out.add_leaf(t, n, 0.001 * static_cast<double>(random() % 64));
    }
  }
  return out.attributes();
}

// Trees that are deep in one place: every node has a leaf, to the left or to the right, and the rest of the tree.
A deep_trees(std::int64_t trees, std::int64_t levels) {
  std::mt19937_64 random(4);
  NodeLists out;
  for (std::int64_t t = 0; t < trees; ++t) {
    const std::int64_t last = 2 * (levels - t % 3);
    for (std::int64_t n = 0; n <= last; ++n) {
      if (n % 2 == 1 || n == last) {
        out.add_leaf(t, n, 0.01 * static_cast<double>(random() % 64));
        continue;
      }
      const bool turned = random() % 2 == 0;
      const auto feature = static_cast<std::int64_t>(random() % 3);
      out.add(t, n, feature, n + (turned ? 2 : 1), n + (turned ? 1 : 2), on_grid(random),
              n % 4 == 0 ? "BRANCH_LT" : "BRANCH_GTE");
      out.missing.back() = static_cast<std::int64_t>(random() % 2);
    }
  }
  return out.attributes();
}

constexpr const char* kModes[] = {"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"};

std::vector<OperatorCase> cases() {
  std::vector<OperatorCase> out;
  // Rows on a grid that all bits represent: decisions are those of the float run.
  const auto add = [&](const std::string& name, std::function<Graph(GraphBuilder&)> build) {
    out.push_back({name, std::move(build), 2, 1e-3, {}, 0.25});
  };
  for (const char* mode : kModes) {
    add(mode, [mode](GraphBuilder& b) { return regressor(b, two_trees(mode)); });
  }
  const A plain = two_trees("BRANCH_LT");
  add("rows", [plain](GraphBuilder& b) { return regressor(b, plain, 2); });
  out.push_back({"wide_tables", [plain](GraphBuilder& b) { return regressor(b, plain, 64); }, 2, 1e-3, {}, 0.25, 7});
  // 0.1 is on no grid: floats in order.
  out.push_back({"in_order", [](GraphBuilder& b) { return long_tailed(b, "BRANCH_LT"); }, 2, 1e-3, {}, 0.1});
  out.push_back(
      {"stages_in_order", [](GraphBuilder& b) { return regressor(b, many_trees(40, 4)); }, 1, 2e-2, {}, 0.1, 31});
  out.push_back({"two_stages", [](GraphBuilder& b) { return regressor(b, many_trees(40, 4)); }, 1, 2e-2, {}, 0.25, 11});
  out.push_back(
      {"one_level_at_last", [](GraphBuilder& b) { return regressor(b, many_trees(60, 3), 3); }, 1, 2e-2, {}, 0.25, 41});
  out.push_back(
      {"stages_of_rows", [](GraphBuilder& b) { return regressor(b, many_trees(7, 5), 20); }, 1, 2e-2, {}, 0.25, 61});
  out.push_back({"flat", [](GraphBuilder& b) { return regressor(b, deep_trees(7, 12)); }, 1, 2e-2, {}, 0.25, 3});
  out.push_back(
      {"flat_in_order", [](GraphBuilder& b) { return regressor(b, deep_trees(4, 20)); }, 1, 2e-2, {}, 0.1, 9});
  out.push_back(
      {"flat_rows", [](GraphBuilder& b) { return regressor(b, deep_trees(3, 14), 3); }, 1, 2e-2, {}, 0.25, 9});
  out.push_back(
      {"flat_maximum",
       [](GraphBuilder& b) { return regressor(b, with(deep_trees(3, 12), "aggregate_function", std::string("MAX"))); },
       1,
       2e-2,
       {},
       0.25,
       5});
  add("average", [plain](GraphBuilder& b) {
    return regressor(b, with(with(plain, "aggregate_function", std::string("AVERAGE")), "base_values", Reals{0.5}));
  });
  for (const char* extreme : {"MIN", "MAX"}) {
    add(extreme, [plain, extreme](GraphBuilder& b) {
      return regressor(b, with(plain, "aggregate_function", std::string(extreme)));
    });
  }
  // Three scores; in half of the places no leaf gives anything.
  A several = with(with(plain, "n_targets", std::int64_t{3}), "target_ids", Whole{0, 1, 1, 2, 0});
  for (const char* transform : {"LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO"}) {
    add(transform, [several, transform](GraphBuilder& b) {
      return regressor(b, with(several, "post_transform", std::string(transform)));
    });
  }
  const A shares = with(plain, "target_weights", Reals{0.25, 0.5, 0.375, 0.125, 0.25});
  out.push_back(
      {"PROBIT",
       [shares](GraphBuilder& b) { return regressor(b, with(shares, "post_transform", std::string("PROBIT"))); },
       2,
       2e-2,
       {},
       0.25});
  return out;
}

// ---- missing values
A tracking(A attributes, const Whole& missing_is_true) {
  return with(std::move(attributes), "nodes_missing_value_tracks_true", missing_is_true);
}

// The same trees; x1 goes one way, x0 and x2 the other.
const Whole kMissingFirst{1, 0, 0, 0, 0, 1, 0, 0}, kMissingSecond{0, 1, 0, 0, 0, 0, 0, 0};

std::vector<OperatorCase> missing_cases() {
  std::vector<OperatorCase> out;
  const auto add = [&](const std::string& name, std::function<Graph(GraphBuilder&)> build, std::size_t every = 1) {
    out.push_back({name, std::move(build), 2, 2e-2, {}, 0.25, every, 0.3});
  };
  for (const char* mode : kModes) {
    add(std::string(mode) + "_true",
        [mode](GraphBuilder& b) { return regressor(b, tracking(two_trees(mode), kMissingSecond)); });
    add(std::string(mode) + "_false",
        [mode](GraphBuilder& b) { return regressor(b, tracking(two_trees(mode), kMissingFirst)); });
  }
  add("claimed", [](GraphBuilder& b) { return regressor(b, tracking(two_trees("BRANCH_LT"), kMissingFirst)); });
  out.back().claim = "y[0] >= 1.5";
  add("joined", [](GraphBuilder& b) { return long_tailed(b, "BRANCH_LT", 3); });
  add("rows", [](GraphBuilder& b) { return regressor(b, tracking(two_trees("BRANCH_GT"), kMissingFirst), 4); });
  add(
      "flat", [](GraphBuilder& b) { return regressor(b, deep_trees(5, 12)); }, 5);
  add(
      "stages",
      [](GraphBuilder& b) {
        A attributes = many_trees(40, 4);
        Whole missing(std::get<Whole>(attributes["nodes_nodeids"]).size());
        for (std::size_t i = 0; i < missing.size(); ++i) missing[i] = static_cast<std::int64_t>(i * i % 3 == 1);
        return regressor(b, tracking(std::move(attributes), missing));
      },
      41);
  return out;
}

class Trees : public testing::TestWithParam<OperatorCase> {};

TEST_P(Trees, HonestTracesAreAcceptedAndCloseToFloat) { expect_honest_and_close(GetParam()); }
TEST_P(Trees, EveryMutationOfTheWitnessIsCaught) { expect_mutations_caught(GetParam()); }
TEST(TreesReference, AgreeWithTheIndependentEvaluator) { expect_reference_agrees(cases()); }

INSTANTIATE_TEST_SUITE_P(All, Trees, testing::ValuesIn(cases()),
                         [](const testing::TestParamInfo<OperatorCase>& each) { return each.param.name; });

INSTANTIATE_TEST_SUITE_P(Missing, Trees, testing::ValuesIn(missing_cases()),
                         [](const testing::TestParamInfo<OperatorCase>& each) { return each.param.name; });
TEST(TreesReference, AgreesOnMissingValues) { expect_reference_agrees(missing_cases()); }

// A value that is missing goes where the node says, and past no threshold, not even an infinite one.
TEST(TreesDecisions, OfMissingValuesAreThoseOfEachNode) {
  const double none = std::nan(""), infinite = std::numeric_limits<double>::infinity();
  for (const char* mode : kModes) {
    for (const bool tracks : {false, true}) {
      SCOPED_TRACE(std::string(mode) + (tracks ? " true" : " false"));
      GraphBuilder builder;
      A attributes = tracking(two_trees(mode), Whole{1, tracks ? 1 : 0, 0, 0, 0, 0, 0, 0});
      if (std::string(mode) == "BRANCH_LEQ") attributes["nodes_values"] = Reals{0.5, infinite, 0, 0, 0, 0.75, 0, 0};
      Graph graph = regressor(builder, attributes);
      ASSERT_TRUE(infer_and_fold(graph).ok());
      const auto model = quantise(graph, {{{none, none, none}}, {{1, -1, 1}}}, 16, {});
      ASSERT_TRUE(model.ok()) << model.error().message;
      const auto given = [&](const Reals& row) {
        const auto quantised = quantise_row(model->graph, {row});
        const auto values = evaluate_integers(model->graph, model->weights, quantised->inputs);
        return real_values(model->graph, model->graph.output, (*values)[model->graph.output])[0];
      };
      // x0 missing: its first way; x1 missing: as it tracks; x2 missing: not above.
      const bool second = tracks || std::string(mode) == "BRANCH_NEQ";
      EXPECT_NEAR(given({none, none, none}), (second ? 1 : 2) + 0.25, 1e-3);
      EXPECT_NEAR(given({0.5, none, infinite}), (second ? 1 : 2) - 0.5, 1e-3);
      EXPECT_NEAR(given({infinite, none, none}), 3 + 0.25, 1e-3);
      if (std::string(mode) == "BRANCH_LEQ") {
        EXPECT_NEAR(given({none, infinite, none}), 1 + 0.25, 1e-3);
      }
    }
  }
}

TEST(TreesMissing, AreRefusedWhereTheModelCalculatesOrSetupSawNone) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 3});
  const ValueId y = b.node("ai.onnx.ml:TreeEnsembleRegressor", {x}, "t", two_trees("BRANCH_LEQ"));
  Graph graph = b.finish({b.node("Add", {y, b.node("ReduceSum", {x}, "s")}, "y")});
  ASSERT_TRUE(infer_and_fold(graph).ok());
  const auto refused = quantise(graph, {{{std::nan(""), 1, 1}}, {{1, -1, 1}}}, 16, {});
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("is missing"), std::string::npos) << refused.error().message;

  GraphBuilder alone;
  Graph trees = regressor(alone, two_trees("BRANCH_LEQ"));
  ASSERT_TRUE(infer_and_fold(trees).ok());
  const auto model = quantise(trees, {{{1, 1, 1}}, {{1, -1, 1}}}, 16, {});
  ASSERT_TRUE(model.ok()) << model.error().message;
  EXPECT_FALSE(quantise_row(model->graph, {{1, std::nan(""), 1}}).ok());
}

// On and beside every threshold, and at both ends of the grid.
TEST(TreesDecisions, AreThoseOfTheFloatTreesAtEveryPointOfTheGrid) {
  for (const char* mode : kModes) {
    SCOPED_TRACE(mode);
    GraphBuilder builder;
    Graph graph = regressor(builder, two_trees(mode));
    ASSERT_TRUE(infer_and_fold(graph).ok());
    const std::vector<RealRow> calibration{{{-1.0, 0.5, 1.0}}, {{1.0, -1.0, -1.0}}};
    const auto model = quantise(graph, calibration, 8, {});
    ASSERT_TRUE(model.ok()) << model.error().message;
    const QuantisedValue& value = model->graph.values[model->graph.inputs[0].value];
    const QuantisedValue& output = model->graph.values[model->graph.output];
    for (std::int64_t integer = -128; integer <= 127; ++integer) {
      for (std::size_t feature = 0; feature < 3; ++feature) {
        IntegerRow row{{0, 0, 0}};
        row[0][feature] = integer;
        Reals x(3);
        for (std::size_t i = 0; i < 3; ++i) {
          x[i] = std::ldexp(static_cast<double>(row[0][i]), value.scale_log2[value.scale_log2.size() == 1 ? 0 : i]);
        }
        const auto values = evaluate_integers(model->graph, model->weights, row);
        ASSERT_TRUE(values.ok()) << values.error().message;
        const double got = std::ldexp(static_cast<double>((*values)[model->graph.output][0]), output.scale_log2[0]);
        ASSERT_NEAR(got, float_trees(mode, x), 0.1) << feature << " " << integer;
      }
    }
  }
}

TEST(TreesDecisions, MergedThresholdsAreReported) {
  GraphBuilder builder;
  A attributes = two_trees("BRANCH_LEQ");
  attributes["nodes_featureids"] = Whole{0, 0, 0, 0, 0, 2, 0, 0};
  attributes["nodes_values"] = Reals{0.5, 0.5009765625, 0, 0, 0, 0.75, 0, 0};
  Graph graph = regressor(builder, attributes);
  ASSERT_TRUE(infer_and_fold(graph).ok());
  const std::vector<RealRow> calibration{{{-1.0, 0.5, 1.0}}, {{1.0, -1.0, -1.0}}};
  const auto coarse = quantise(graph, calibration, 8, {});
  ASSERT_TRUE(coarse.ok()) << coarse.error().message;
  ASSERT_EQ(coarse->merged_thresholds.size(), 1u);
  const MergedThresholds& merged = coarse->merged_thresholds[0];
  EXPECT_EQ(merged.feature, 0);
  EXPECT_EQ(merged.low, 0.5);
  EXPECT_EQ(merged.high, 0.5009765625);
  EXPECT_EQ(merged.finer_scale_log2, -10);
  const auto fine = quantise(graph, calibration, 16, {});
  ASSERT_TRUE(fine.ok()) << fine.error().message;
  EXPECT_TRUE(fine->merged_thresholds.empty());
}

// ---- floats in order
const std::vector<RealRow> kLongTailed{{{-1.0}, {0.1, 1e6}}, {{0.3}, {-1e-3, -1.0}}};

QuantisedModel quantised_long_tailed(const std::string& mode) {
  GraphBuilder builder;
  Graph graph = long_tailed(builder, mode);
  EXPECT_TRUE(infer_and_fold(graph).ok());
  auto model = quantise(graph, kLongTailed, 16, {});
  EXPECT_TRUE(model.ok()) << model.error().message;
  return *model;
}

// Beside every threshold and at all ends, infinities among them.
TEST(TreesInOrder, DecisionsAreThoseOfTheFloatTreesAtEveryFloat) {
  const float infinity = std::numeric_limits<float>::infinity();
  std::vector<double> values{0.0, -0.0, 1e30, -1e30, 1e-40, infinity, -infinity};
  for (const float t : {0.5F, -0.25F, 0.75F}) {
    for (const float x : {t, std::nextafter(t, infinity), std::nextafter(t, -infinity)}) values.push_back(x);
  }
  for (const char* mode : kModes) {
    SCOPED_TRACE(mode);
    const QuantisedModel model = quantised_long_tailed(mode);
    for (const QuantisedInput& input : model.graph.inputs) {
      EXPECT_TRUE(model.graph.values[input.value].float_order);
    }
    EXPECT_TRUE(model.merged_thresholds.empty());
    const QuantisedValue& output = model.graph.values[model.graph.output];
    for (const double value : values) {
      for (std::size_t feature = 0; feature < 3; ++feature) {
        Reals x(3);
        x[feature] = value;
        const auto row = quantise_row(model.graph, {{x[0]}, {x[1], x[2]}});
        ASSERT_TRUE(row.ok()) << row.error().message;
        EXPECT_TRUE(row->saturated.empty());
        const auto run = evaluate_integers(model.graph, model.weights, row->inputs);
        ASSERT_TRUE(run.ok()) << run.error().message;
        const double got = std::ldexp(static_cast<double>((*run)[model.graph.output][0]), output.scale_log2[0]);
        ASSERT_NEAR(got, float_trees(mode, x), 1e-3) << feature << " " << value;
      }
    }
  }
}

TEST(TreesInOrder, TheGridTellsNoThreshold) {
  GraphBuilder one, other;
  Graph graph = regressor(one, two_trees("BRANCH_LEQ"));
  Graph moved = regressor(other, with(two_trees("BRANCH_LEQ"), "nodes_values", Reals{1e5, 0.1, 0, 0, 0, 1e-7, 0, 0}));
  ASSERT_TRUE(infer_and_fold(graph).ok() && infer_and_fold(moved).ok());
  for (const double seen : {0.5, 0.1}) {
    const std::vector<RealRow> calibration{{{seen, 0.5, 1.0}}};
    const auto model = quantise(graph, calibration, 16, {}), same = quantise(moved, calibration, 16, {});
    ASSERT_TRUE(model.ok() && same.ok());
    EXPECT_EQ(model->graph.values[0].float_order, seen == 0.1);  // 0.1 is on no grid of 16 bits
    EXPECT_EQ(quantised_graph_json(model->graph), quantised_graph_json(same->graph));
    EXPECT_EQ(model->graph.model[1].bits, seen == 0.1 ? 34 : 18);
  }
}

// Numbers that are calculated with keep their scale, even where trees read them, too.
TEST(TreesInOrder, OnlyWhatIsComparedStandsInOrder) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 3});
  const ValueId y = b.node("ai.onnx.ml:TreeEnsembleRegressor", {x}, "y", two_trees("BRANCH_LEQ"));
  const ValueId sum = b.node("ReduceSum", {x}, "sum", {{"keepdims", std::int64_t{1}}});
  Graph graph = b.finish({b.node("Add", {y, sum}, "z")});
  ASSERT_TRUE(infer_and_fold(graph).ok());
  const auto model = quantise(graph, {{{0.1, 0.5, 1.0}}}, 16, {});
  ASSERT_TRUE(model.ok()) << model.error().message;
  for (const QuantisedValue& value : model->graph.values) EXPECT_FALSE(value.float_order);
}

TEST(TreesInOrder, AGraphThatCalculatesWithTheOrderIsRefused) {
  const QuantisedModel model = quantised_long_tailed("BRANCH_LEQ");
  const auto refused = [&](const std::function<void(QuantisedGraph&)>& change) {
    QuantisedGraph graph = model.graph;
    change(graph);
    const auto analysis = analyse(graph);
    return analysis.ok() ? "" : analysis.error().message;
  };
  EXPECT_EQ(refused([](QuantisedGraph&) {}), "");
  const auto says = [&](const std::string& words, const std::function<void(QuantisedGraph&)>& change) {
    const std::string said = refused(change);
    EXPECT_NE(said.find(words), std::string::npos) << said;
  };
  says("has a scale", [](QuantisedGraph& graph) { graph.values[0].scale_log2 = {-3}; });
  says("another kind of number",
       [](QuantisedGraph& graph) { graph.values[graph.nodes[0].output].float_order = false; });
  says("calculates with the order", [](QuantisedGraph& graph) { graph.values[0].float_order = false; });
  says("calculates with the order", [](QuantisedGraph& graph) { graph.nodes[0].op = SumOp{{1, 1}, 0, 0}; });
  says("has a scale", [](QuantisedGraph& graph) { graph.values[graph.output].float_order = true; });
}

TEST(TreesStages, ManyRowsGoLevelByLevel) {
  const OperatorCase many{"many", [](GraphBuilder& b) { return regressor(b, many_trees(65, 3), 128); }, 1, 2e-2, {},
                          0.25};
  expect_honest_and_close(many);
  const auto model = quantise(graph_of(many), rows_for(graph_of(many), 2, many), 8, {});
  ASSERT_TRUE(model.ok()) << model.error().message;
  std::vector<std::int64_t> places;
  for (const QuantisedNode& node : model->graph.nodes) {
    const auto* path = std::get_if<PathThresholdOp>(&node.op);
    if (path == nullptr) continue;
    EXPECT_EQ(path->comparisons, 1);
    places.push_back(path->places);
  }
  EXPECT_EQ(places, (std::vector<std::int64_t>{2, 4}));
}

// ---- a prover that leaves the path: changes one tensor as soon as it is there, and computes the rest from its lie
class Liar {
 public:
  Liar() {
    GraphBuilder builder;
    Graph graph = regressor(builder, many_trees(kTrees, 4));
    EXPECT_TRUE(infer_and_fold(graph).ok());
    model_ = quantise(graph, {{{-1.0, 0.5, 1.0}}, {{1.0, -1.0, -1.0}}}, 16, {}).value();
    lowering_ = lower(model_.graph).value();
    EXPECT_TRUE(validate_circuit(lowering_.circuit).accepted());
  }

  // The constraint that the lie breaks first.
  std::string broken(const std::string& name, const std::function<void(std::vector<std::int64_t>&)>& change) const {
    const Circuit& circuit = lowering_.circuit;
    Trace trace = empty_trace(circuit);
    trace.values[lowering_.inputs[0]] = {100, -20000, 3000};
    trace.shared.resize(circuit.tensors.size());
    for (std::size_t i = 0; i < lowering_.model.size(); ++i) {
      trace.shared[lowering_.model[i]] = model_.weights.tensors[i];
    }
    const auto found = std::find_if(circuit.tensors.begin(), circuit.tensors.end(),
                                    [&](const Tensor& tensor) { return tensor.name == name; });
    EXPECT_NE(found, circuit.tensors.end()) << name;
    std::vector<std::int64_t>& target = trace.values[static_cast<std::size_t>(found - circuit.tensors.begin())];
    bool told = false;
    for (const Step& step : lowering_.steps) {
      step(circuit, trace);
      if (told || target.empty()) continue;
      change(target);
      told = true;
    }
    fill_multiplicities(circuit, trace);
    return check_trace(circuit, trace).value_or("nothing");
  }

  // The same trees, but every node reads all features: the first broken constraint of an honest run.
  std::string broken_by_three_features(const std::vector<std::int64_t>& x) const {
    Weights weights = model_.weights;
    for (std::size_t i = 0; i < weights.tensors.size(); ++i) {
      if (!model_.graph.model[i].name.ends_with("selection")) continue;
      weights.tensors[i] = IntegerArray(std::vector<std::int64_t>(weights.tensors[i].size(), 1));
    }
    const auto trace = fill_trace_of_any_claim(lowering_, weights, {x});
    EXPECT_TRUE(trace.ok());
    const auto values = evaluate_integers(model_.graph, weights, {x});
    EXPECT_TRUE(values.ok());
    const auto said = check_trace(lowering_.circuit, *trace);
    if (!said) {
      EXPECT_EQ(activation_values(lowering_, *trace, model_.graph.output), (*values)[model_.graph.output]);
    }
    return said.value_or("nothing");
  }

  static constexpr std::int64_t kTrees = 40;

 private:
  QuantisedModel model_;
  Lowering lowering_;
};

// One tree's places: the 1 is somewhere among `places`.
void move_place(std::vector<std::int64_t>& here, std::size_t tree) {
  for (std::size_t at = tree; at < here.size(); at += Liar::kTrees) {
    if (here[at] == 0) continue;
    here[at] = 0;
    here[(at + Liar::kTrees) % here.size()] = 1;
    return;
  }
}

TEST(TreesPaths, AnotherPathLeafOrDecisionIsNamed) {
  const Liar liar;
  const auto says = [&](const std::string& tensor, const std::string& words,
                        const std::function<void(std::vector<std::int64_t>&)>& change) {
    const std::string said = liar.broken(tensor, change);
    EXPECT_NE(said.find(words), std::string::npos) << tensor << ": " << said;
  };
  const auto flip = [](std::vector<std::int64_t>& bits) { bits[1] = 1 - bits[1]; };
  const auto mirror = [](std::vector<std::int64_t>& limbs) { limbs[1] = -1 - limbs[1]; };
  const auto two = [](std::vector<std::int64_t>& here) { here.assign(here.size(), 1); };
  const auto none = [](std::vector<std::int64_t>& here) { here.assign(here.size(), 0); };
  const auto other = [](std::vector<std::int64_t>& here) { move_place(here, 3); };
  // A comparison: its sign, its limb, in the first stage and on the path.
  says("threshold_1.sign", "threshold_1.top", flip);
  says("threshold_1.top", "threshold_1.", mirror);
  says("path_threshold_1.sign", "path_threshold_1.top", flip);
  says("path_threshold_1.top", "path_threshold_1.", mirror);
  // What the nodes of the path compare.
  says("path_threshold_1.feature", "path_threshold_1.feature", [](auto& feature) { feature[4] = 1 - feature[4]; });
  says("path_threshold_1.feature", "path_threshold_1.feature", none);
  // Places and leaves: other ones, several, none.
  for (const char* joint : {"einsum_1", "einsum_2", "einsum_3"}) {
    says(joint, joint, other);
    says(joint, joint, two);
    says(joint, joint, none);
  }
  EXPECT_EQ(liar.broken("path_threshold_1.sign", [](auto&) {}), "nothing");
}

// Rows of several 1s are another model, by the key's commitment: proven where a sum fits the limbs, else not at all.
TEST(TreesPaths, NodesOfSeveralFeaturesAreAnotherModelOrHaveNoProof) {
  const Liar liar;
  EXPECT_EQ(liar.broken_by_three_features({100, -200, 3000}), "nothing");
  const std::string said = liar.broken_by_three_features({32767, 32767, 32767});
  EXPECT_NE(said.find("threshold_1."), std::string::npos) << said;
}

// ---- a prover that lies about what is missing: changes the input's bit or a node's direction of a finished trace
class MissingLiar {
 public:
  MissingLiar() {
    A attributes = many_trees(Liar::kTrees, 4);
    Whole tracks(std::get<Whole>(attributes["nodes_nodeids"]).size());
    for (std::size_t i = 0; i < tracks.size(); ++i) tracks[i] = static_cast<std::int64_t>(i * i % 3 == 1);
    GraphBuilder builder;
    Graph graph = regressor(builder, tracking(std::move(attributes), tracks));
    EXPECT_TRUE(infer_and_fold(graph).ok());
    const QuantisedModel model = quantise(graph, {{{-1.0, std::nan(""), 1.0}}, {{1.0, -1.0, -1.0}}}, 16, {}).value();
    lowering_ = lower(model.graph).value();
    EXPECT_TRUE(validate_circuit(lowering_.circuit).accepted());
    const std::vector<std::int64_t> x{*float_order(0.25), kMissingStep, *float_order(-0.5)};
    trace_ = fill_trace_of_any_claim(lowering_, model.weights, {x}).value();
    for (std::size_t i = 0; i < model.graph.model.size(); ++i) {
      if (model.graph.model[i].name.ends_with("selection")) selections_.push_back(lowering_.model[i]);
    }
  }

  std::string broken_by_bit(std::size_t feature, std::int64_t bit) const {
    Trace trace = trace_;
    trace.values[*lowering_.missing[0]][feature] = bit;
    return broken(std::move(trace));
  }

  // The nodes of one stage that read this feature now read its other end.
  std::string broken_by_direction(std::size_t stage, std::int64_t feature) const {
    const TensorId id = selections_[stage];
    const Shape& shape = lowering_.circuit.tensors[id].shape;
    const auto axis = std::find(shape.begin(), shape.end(), 2 * kFeatures);
    EXPECT_NE(axis, shape.end());
    std::int64_t stride = 1;
    for (auto inner = axis + 1; inner != shape.end(); ++inner) stride *= *inner;
    Trace trace = trace_;
    std::vector<std::int64_t> swapped(trace.tensor(id).size());
    trace.tensor(id).copy_to(swapped);
    for (std::int64_t i = 0; i < std::ssize(swapped); ++i) {
      if (i / stride % (2 * kFeatures) != feature) continue;
      std::swap(swapped[static_cast<std::size_t>(i)], swapped[static_cast<std::size_t>(i + kFeatures * stride)]);
    }
    trace.values[id] = std::move(swapped);
    return broken(std::move(trace));
  }

  std::size_t stages() const { return selections_.size(); }

 private:
  static constexpr std::int64_t kFeatures = 3;

  std::string broken(Trace trace) const {
    fill_multiplicities(lowering_.circuit, trace);
    return check_trace(lowering_.circuit, trace).value_or("nothing");
  }

  Lowering lowering_;
  Trace trace_;
  std::vector<TensorId> selections_;
};

// Of the three features the second is missing.
TEST(TreesMissing, AnotherBitOrDirectionIsNamed) {
  const MissingLiar liar;
  const auto says = [](const std::string& said, const std::string& words) {
    EXPECT_NE(said.find(words), std::string::npos) << said;
  };
  EXPECT_EQ(liar.broken_by_bit(1, 1), "nothing");
  says(liar.broken_by_bit(1, 0), "lookup threshold_1/rem");
  says(liar.broken_by_bit(0, 1), "lookup threshold_1/rem");
  says(liar.broken_by_bit(1, 2), "input_1/missing/range");
  says(liar.broken_by_bit(1, -1), "input_1/missing/range");
  ASSERT_EQ(liar.stages(), 2U);
  says(liar.broken_by_direction(0, 1), "lookup threshold_1/rem");
  says(liar.broken_by_direction(1, 1), "path_threshold_1.feature");
  // Both ends of a value that is there are the same: in the first stage, where no node's choice is a witness.
  EXPECT_EQ(liar.broken_by_direction(0, 0), "nothing");
}

// ---- what a file may say wrongly
std::string refusal(const A& attributes) {
  GraphBuilder builder;
  Graph graph = regressor(builder, attributes);
  const auto status = infer_and_fold(graph);
  return status.ok() ? "" : status.error().message;
}

TEST(TreesRefusals, NameWhatIsWrong) {
  const A good = two_trees("BRANCH_LEQ");
  EXPECT_EQ(refusal(good), "");
  const auto says = [&](const std::string& name, Attribute value, const std::string& words) {
    const std::string said = refusal(with(good, name, std::move(value)));
    EXPECT_NE(said.find(words), std::string::npos) << name << ": " << said;
  };
  says("nodes_truenodeids", Whole{0, 3, 0, 0, 0, 1, 0, 0}, "a circle");
  says("nodes_truenodeids", Whole{9, 3, 0, 0, 0, 1, 0, 0}, "is missing");
  says("nodes_featureids", Whole{0, 3, 0, 0, 0, 2, 0, 0}, "feature 3 of 3");
  says("nodes_featureids", Whole{0, -1, 0, 0, 0, 2, 0, 0}, "feature -1 of 3");
  says("nodes_featureids", Whole{0}, "different lengths");
  says("nodes_nodeids", Whole{0, 1, 2, 3, 3, 0, 1, 2}, "twice");
  says("nodes_values", Reals{0.5, NAN, 0, 0, 0, 0.75, 0, 0}, "no number");
  says("target_nodeids", Whole{3, 4, 1, 1, 2}, "no leaf");
  says("target_ids", Whole{0, 0, 0, 7, 0}, "target 7");
  says("target_weights", Reals{1, 2, 3, INFINITY, 0}, "infinite");
  says("n_targets", std::int64_t{0}, "out of bounds");
  says("nodes_modes", std::string("BRANCH_LEQ\nODD\nLEAF\nLEAF\nLEAF\nBRANCH_GT\nLEAF\nLEAF"), "'ODD'");
  says("post_transform", std::string("OTHER"), "'OTHER' is not known");
  says("post_transform", std::string("LOGISTIC"), "of a single score");
  says("aggregate_function", std::string("MEDIAN"), "'MEDIAN'");
  says("base_values", Reals{1, 2}, "one base");
}

}  // namespace
}  // namespace veil
