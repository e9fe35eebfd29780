// Claims about a batch of rows: every kind, on outputs of one and of several elements; honest traces, mutations, and
// the independent evaluator.
#include "witness/operator_case.h"

namespace veil {
namespace {

using A = std::map<std::string, Attribute>;

constexpr std::int64_t kRows = 5;

Graph of_rows(Graph graph) {
  graph.batch = kRows;
  return graph;
}

ValueId scores(GraphBuilder& b, std::int64_t outputs) {
  const ValueId x = b.input("x", {kRows, 3});
  return b.node("Gemm", {x, b.constant(random_array({3, outputs}, 21)), b.constant(random_array({outputs}, 22))}, "h");
}

std::vector<OperatorCase> cases() {
  const auto classes = [](GraphBuilder& b) { return of_rows(b.finish({b.node("Relu", {scores(b, 4)}, "y")})); };
  const auto last_class = [](GraphBuilder& b) {
    return of_rows(b.finish({b.node("Add", {scores(b, 4), b.constant({{4}, {0, 0, 0, 2}})}, "y")}));
  };
  const auto sigmoid = [](GraphBuilder& b) { return of_rows(b.finish({b.node("Sigmoid", {scores(b, 1)}, "y")})); };
  const auto softmax = [](GraphBuilder& b) {
    return of_rows(b.finish({b.node("Softmax", {scores(b, 3)}, "y", A{{"axis", std::int64_t{1}}})}));
  };
  // [1 - p, p] as scikit-learn's classifiers give it, and an output that holds a constant.
  const auto two_classes = [](GraphBuilder& b) {
    const ValueId p = b.node("Sigmoid", {scores(b, 1)}, "p");
    const ValueId rest = b.node("Sub", {b.constant({{}, {1}}), p}, "q");
    return of_rows(b.finish({b.node("Concat", {rest, p}, "y", A{{"axis", std::int64_t{1}}})}));
  };
  const auto beside_constant = [](GraphBuilder& b) {
    const ValueId h = scores(b, 1);
    return of_rows(b.finish(
        {b.node("Concat", {h, b.constant({{kRows, 1}, {1, 1, 1, 1, 1}})}, "y", A{{"axis", std::int64_t{1}}})}));
  };
  const auto image = [](GraphBuilder& b) {
    const ValueId x = b.input("x", {kRows, 1, 3, 3});
    const ValueId c = b.node("Conv", {x, b.constant(random_array({2, 1, 2, 2}, 23))}, "c");
    return of_rows(b.finish({b.node("GlobalAveragePool", {c}, "y")}));
  };
  return {
      {"all_at_least", classes, 2, 1, "all(y[1] >= 0.01)"},
      {"all_between", classes, 2, 1, "all(y[0] < 1.2 and y[3] <= 1.1 and y[2] < 1.25)"},
      {"all_argmax_first", classes, 2, 1, "all(argmax == 0)"},
      {"all_argmax_last", last_class, 2, 1, "all(argmax == 3 and y[0] <= 2)"},
      {"all_sigmoid", sigmoid, 2, 1, "all(score >= 0.2)"},
      {"count_sigmoid", sigmoid, 2, 1, "count(score >= 0.5) >= 2"},
      {"count_at_most", sigmoid, 2, 1, "count(score > 0.5) <= 3"},
      {"count_between", classes, 2, 1, "1 <= count(0.1 <= y[1] < 2) < 5"},
      {"count_argmax", classes, 2, 1, "count(argmax == 2) <= 4"},
      {"count_argmax_first", classes, 2, 1, "count(argmax == 0 and y[0] >= 0.1) < 5"},
      {"count_softmax", softmax, 2, 1, "count(y[2] >= 0.25) >= 1"},
      {"count_softmax_argmax", softmax, 2, 1, "count(argmax == 1) < 5 and count(argmax == 1) >= 0.5"},
      {"count_two_classes", two_classes, 2, 1, "count(score >= 0.5) >= 1 and count(argmax == 0) < 5"},
      {"mean_at_least", sigmoid, 2, 1, "mean(score) >= 0.3"},
      {"mean_between", two_classes, 2, 1, "0.1 < mean(score) <= 0.9 and mean(y[0]) < 0.95"},
      {"mean_of_image", image, 2, 1, "mean(y[1]) > -1.5"},
      {"sum_at_most", classes, 2, 1, "sum(y[2]) <= 12.5"},
      {"sum_beside_constant", beside_constant, 2, 1, "sum(y[0]) < 6 and sum(y[1]) < 7"},
      {"mixed", classes, 2, 1, "all(y[1] < 1.2) and count(argmax == 1) < 5 and mean(y[0]) <= 2.2"},
  };
}

class ClaimsOfRows : public testing::TestWithParam<OperatorCase> {};

TEST_P(ClaimsOfRows, HonestTracesAreAccepted) { expect_honest_and_close(GetParam()); }
TEST_P(ClaimsOfRows, EveryMutationOfTheWitnessIsCaught) { expect_mutations_caught(GetParam()); }
TEST(ClaimsOfRowsReference, AgreeWithTheIndependentEvaluator) { expect_reference_agrees(cases()); }

INSTANTIATE_TEST_SUITE_P(All, ClaimsOfRows, testing::ValuesIn(cases()),
                         [](const testing::TestParamInfo<OperatorCase>& each) { return each.param.name; });

// What is true or false of every input is no claim.
TEST(ClaimsOfRowsRefused, WhatIsAlwaysOrNeverTrue) {
  OperatorCase each = cases()[4];
  for (const char* claim :
       {"count(score >= 0.5) >= 0", "count(score >= 0.5) > 5", "count(score >= 0.5) <= 5", "count(score >= 0.5) < 0",
        "all(score >= -1)", "all(score > 1.5)", "mean(score) <= 3", "sum(score) >= 11", "count(score >= -1) >= 1"}) {
    const Graph graph = graph_of(each);
    QuantiseOptions options;
    options.claim = claim;
    const auto model = quantise(graph, rows_for(graph, 5, each), 16, options);
    ASSERT_TRUE(model.ok()) << model.error().message;
    const auto lowering = lower(model->graph);
    ASSERT_FALSE(lowering.ok()) << claim;
    EXPECT_NE(lowering.error().message.find("whatever"), std::string::npos) << lowering.error().message;
  }
}

// A small feature beside a large one has a grid of its own, the same in every row, whatever calibration saw of each;
// the models of one row and of a batch are close to the float model alike.
TEST(ClaimsOfRowsInputs, HaveAGridForEachFeature) {
  OperatorCase each;
  each.build = [](GraphBuilder& b) {
    const ValueId x = b.input("x", {kRows, 2}), z = b.input("z", {kRows, 1});
    const ValueId c = b.node("Concat", {x, z}, "c", A{{"axis", std::int64_t{1}}});
    const ValueId h = b.node("Gemm", {c, b.constant({{3, 1}, {1, 2000, 1}})}, "h");
    return of_rows(b.finish({b.node("Sigmoid", {h}, "y")}));
  };
  each.claim = "count(score >= 0.5) >= 1";
  const Graph graph = graph_of(each);
  auto rows = rows_for(graph, 8, each);
  for (RealRow& row : rows) {
    for (std::size_t i = 0; i < row[0].size(); ++i) row[0][i] *= i == 0 ? 100 : i % 2 == 1 ? 0.001 : 1;
  }
  QuantiseOptions options;
  options.claim = each.claim;
  std::optional<Exercised> done;
  exercise(graph, rows, 16, options, &done);
  ASSERT_TRUE(done.has_value());
  const auto scales = [&](std::size_t input) {
    return done->model.graph.values[done->model.graph.inputs[input].value].scale_log2;
  };
  ASSERT_EQ(scales(0).size(), 2u);
  EXPECT_GT(scales(0)[0], scales(0)[1] + 10);
  EXPECT_EQ(scales(1).size(), 1u);
  EXPECT_LT(done->comparison.output.largest, 0.02);
}

}  // namespace
}  // namespace veil
