#include "ops/choose_bits.h"

#include <gtest/gtest.h>

#include <cmath>

#include "graph/graph_builder.h"
#include "graph/passes.h"

namespace veil {
namespace {

Graph ready(Graph graph) {
  EXPECT_TRUE(infer_and_fold(graph).ok());
  return graph;
}

// y = (x0 + x1) / 2, offset by `gap` between the two classes.
Graph two_scores(double gap) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 2});
  return ready(b.finish({b.node("Gemm", {x, b.constant({{2, 2}, {0.7, 0.7 + gap, -0.3, -0.3 - gap}})}, "y")}));
}

std::vector<RealRow> grid(int least_difference = 1) {
  std::vector<RealRow> rows;
  for (int i = -20; i <= 20; ++i) {
    for (int k = -20; k <= 20; ++k) {
      if (std::abs(i - k) >= least_difference) rows.push_back({{i / 20.0, k / 20.0}});
    }
  }
  return rows;
}

TEST(ChooseBits, AutoTakesTheFewestThatDecideAlike) {
  EXPECT_EQ(quantise(two_scores(0.3), grid(4), kAutoBits, {})->graph.bits, 8);
  EXPECT_EQ(quantise(two_scores(0.04), grid(), kAutoBits, {})->graph.bits, 12);
  EXPECT_EQ(quantise(two_scores(0.0001), grid(), kAutoBits, {})->graph.bits, 16);
}

TEST(ChooseBits, ARevealedOutputIsWithinTheTolerance) {
  QuantiseOptions options;
  options.tolerance = 1e-3;
  const auto made = quantise(two_scores(0.3), grid(), kAutoBits, options);
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->graph.bits, 12);
  EXPECT_LE(compare_runs(two_scores(0.3), *made, grid())->relative_error(), options.tolerance);
  options.tolerance = 1e-9;  // no bits reach it
  EXPECT_EQ(quantise(two_scores(0.3), grid(), kAutoBits, options)->graph.bits, 16);
}

TEST(CompareRuns, CountsWhatSaturates) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 2});
  const Graph graph = ready(b.finish({b.node("Mul", {x, b.constant({{1}, {3.0}})}, "y")}));
  const auto model = quantise(graph, {{{1.0, -1.0}}}, 8, {});
  ASSERT_TRUE(model.ok());
  EXPECT_EQ(compare_runs(graph, *model, {{{1.0, -1.0}}})->saturated(), 0);
  EXPECT_EQ(compare_runs(graph, *model, {{{1.0, -1.0}}, {{9.0, 0.5}}})->saturated(), 2);  // of the input, of the output
}

TEST(ChooseBits, TheClaimIsTheDecisionWhereThereIsOne) {
  QuantiseOptions options;
  options.claim = "y[0] >= 0.63";
  const auto easy = quantise(two_scores(0.00002), grid(), kAutoBits, options);
  ASSERT_TRUE(easy.ok()) << easy.error().message;
  EXPECT_LT(easy->graph.bits, 16);
  const auto comparison = compare_runs(two_scores(0.00002), *easy, grid());
  ASSERT_TRUE(comparison.ok());
  EXPECT_GE(comparison->agreement(), 0.999);
}

TEST(ChooseBits, OnlyEightTwelveSixteenOrAuto) {
  for (const unsigned bits : {1u, 7u, 9u, 10u, 32u, 64u})
    EXPECT_FALSE(quantise(two_scores(0.5), grid(), bits, {}).ok());
}

TEST(CompareRuns, ReportsErrorsOfEveryValueAndOutputsOfEveryRow) {
  const Graph graph = two_scores(0.5);
  const auto rows = grid();
  const auto model = quantise(graph, rows, 16, {});
  const auto comparison = compare_runs(graph, *model, rows);
  ASSERT_TRUE(comparison.ok());
  EXPECT_EQ(comparison->rows, static_cast<std::int64_t>(rows.size()));
  EXPECT_EQ(comparison->real_outputs.size(), 2 * rows.size());
  EXPECT_EQ(comparison->integer_outputs.size(), 2 * rows.size());
  EXPECT_GT(comparison->output.largest, 0);
  EXPECT_LT(comparison->output.largest, 1e-3);
  EXPECT_LE(comparison->output.mean, comparison->output.largest);
  EXPECT_EQ(comparison->values.size(), model->graph.values.size());
  double worst = 0;
  for (std::size_t i = 0; i < comparison->real_outputs.size(); ++i) {
    worst = std::max(worst, std::fabs(comparison->real_outputs[i] - comparison->integer_outputs[i]));
  }
  EXPECT_DOUBLE_EQ(worst, comparison->output.largest);
}

}  // namespace
}  // namespace veil
