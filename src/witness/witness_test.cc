#include "witness/witness.h"

#include <gtest/gtest.h>

#include "circuit/validate.h"
#include "graph/graph_builder.h"
#include "graph/passes.h"
#include "ops/choose_bits.h"
#include "ops/evaluate.h"

namespace veil {
namespace {

TEST(Witness, SmallestLinear) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 3});
  const ValueId w = b.constant({{3, 2}, {0.5, -1, 2, 0.25, -0.75, 1}});
  const ValueId c = b.constant({{2}, {0.1, -0.2}});
  const ValueId h = b.node("Gemm", {x, w, c}, "h");
  const ValueId y = b.node("Relu", {h}, "y");
  Graph graph = b.finish({y});
  auto status = infer_and_fold(graph);
  ASSERT_TRUE(status.ok()) << status.error().message;
  const std::vector<RealRow> rows{{{1, 2, 3}}, {{-1, 0.5, 2}}, {{0, 0, -3}}};
  for (const unsigned bits : {8u, 12u, 16u}) {
    auto model = quantise(graph, rows, bits, {});
    ASSERT_TRUE(model.ok()) << model.error().message;
    auto lowering = lower(model->graph);
    ASSERT_TRUE(lowering.ok()) << lowering.error().message;
    const Verdict verdict = validate_circuit(lowering->circuit);
    EXPECT_TRUE(verdict.accepted()) << verdict.name() << " " << verdict.detail();
    for (const RealRow& row : rows) {
      auto q = quantise_row(model->graph, row);
      ASSERT_TRUE(q.ok());
      auto trace = fill_trace(*lowering, model->weights, q->inputs);
      ASSERT_TRUE(trace.ok()) << trace.error().message;
      EXPECT_EQ(check_trace(lowering->circuit, *trace).value_or(""), "");
      auto values = evaluate_integers(model->graph, model->weights, q->inputs);
      for (QuantId id = 0; id < model->graph.values.size(); ++id) {
        EXPECT_EQ((*values)[id], activation_values(*lowering, *trace, id));
      }
    }
    auto comparison = compare_runs(graph, *model, rows);
    ASSERT_TRUE(comparison.ok());
    std::printf("%u bits: error %g, cells %zu tensors\n", bits, comparison->output.largest,
                lowering->circuit.tensors.size());
    if (bits == 16) std::printf("%s\n", quantised_graph_json(model->graph).c_str());
  }
}

}  // namespace
}  // namespace veil
