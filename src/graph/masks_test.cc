#include "graph/masks.h"

#include <gtest/gtest.h>

#include <functional>

#include "graph/graph_builder.h"

namespace veil {
namespace {

TEST(Masks, ScoresThatOnlyASoftmaxReads) {
  GraphBuilder b;
  const ValueId x = b.input("x", {2, 3});
  const ValueId mask = b.constant({{3}, {0, 0, -1e30}});
  const ValueId condition = b.input("c", {2, 3}, ElementType::kBool);
  const ValueId low = b.constant({{}, {-1e30}});
  const ValueId chosen = b.node("Where", {condition, x, low}, "chosen");
  const ValueId sum = b.node("Add", {chosen, mask}, "sum");
  const ValueId moved = b.node("Transpose", {sum}, "moved");
  const Graph graph = b.finish({b.node("Softmax", {moved}, "y")});
  const std::vector<bool> scores = feeds_softmax_only(graph);
  for (const ValueId id : {x, mask, low, chosen, sum, moved}) EXPECT_TRUE(scores[id]) << id;
  EXPECT_FALSE(scores[condition]);
  EXPECT_FALSE(scores[graph.outputs[0]]);
}

// A second reader, the output itself, a factor, and what is taken off: none of them leaves a mask a mask.
TEST(Masks, OthersReadThemToo) {
  const auto is_score = [](const std::function<ValueId(GraphBuilder&, ValueId)>& between, bool also_output) {
    GraphBuilder b;
    const ValueId x = b.input("x", {3});
    const ValueId mask = b.constant({{3}, {0, 0, -1e30}});
    const ValueId scores = between(b, mask);
    const ValueId sum = b.node("Add", {x, scores}, "sum");
    const ValueId y = b.node("Softmax", {sum}, "y");
    const Graph graph = b.finish({also_output ? b.node("Concat", {sum, y}, "both") : y});
    return static_cast<bool>(feeds_softmax_only(graph)[mask]);
  };
  const auto same = [](GraphBuilder&, ValueId mask) { return mask; };
  EXPECT_TRUE(is_score(same, false));
  EXPECT_FALSE(is_score(same, true));
  EXPECT_FALSE(is_score([](GraphBuilder& b, ValueId mask) { return b.node("Mul", {mask, mask}, "m"); }, false));
  EXPECT_FALSE(is_score(
      [](GraphBuilder& b, ValueId mask) {
        return b.node("Sub", {b.constant({{3}, {0, 0, 0}}), mask}, "m");
      },
      false));
}

}  // namespace
}  // namespace veil
