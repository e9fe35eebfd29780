// Masks of minus infinity in front of a softmax, outputs that are constants, and tables behind sums.
#include <limits>

#include "witness/operator_case.h"

namespace veil {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

ValueId softmax(GraphBuilder& b, ValueId scores) {
  return b.node("Softmax", {scores}, "y", {{"axis", std::int64_t{-1}}});
}

// Whole rows are never masked; the last one not at all.
Graph masked_sums(GraphBuilder& b) {
  const ValueId x = b.input("x", {3, 3});
  const Array mask{{3, 3}, {0, kNever, kNever, 0, 0.5, kNever, 0, 0, 0}};
  return b.finish({softmax(b, b.node("Add", {x, b.constant(mask)}, "s"))});
}

// By data: the first score of a row is always kept.
Graph chosen_scores(GraphBuilder& b) {
  const ValueId x = b.input("x", {2, 3});
  const ValueId given = b.input("c", {2, 3}, ElementType::kBool);
  const ValueId first = b.constant({{3}, {1, 0, 0}}, ElementType::kBool);
  const ValueId kept = b.node("Or", {given, first}, "kept");
  return b.finish({softmax(b, b.node("Where", {kept, x, b.constant({{}, {kNever}})}, "s"))});
}

Graph constant_output(GraphBuilder& b) {
  const ValueId sum = b.node("ReduceSum", {b.input("x", {2, 0}), b.integers({1})}, "sum");
  return b.finish({b.node("Add", {sum, b.constant(random_array({2, 2}, 40))}, "y")});
}

// The equation of a sum without rounding bounds its limbs as well, more narrowly than its table does.
Graph log_of_sum(GraphBuilder& b) {
  const ValueId x = b.node("Exp", {b.input("x", {2, 3})}, "e");
  const ValueId sum = b.node("ReduceSum", {x, b.integers({1})}, "s");
  return b.finish({b.node("Log", {b.node("Relu", {sum}, "r")}, "y")});
}

Graph gathered_blocks(GraphBuilder& b) {
  const ValueId x = b.input("x", {2, 3, 2});
  const ValueId places = b.constant({{2, 2, 1}, {2, 0, 1, 1}}, ElementType::kInt64);
  return b.finish({b.node("GatherND", {b.node("Tanh", {x}, "t"), places}, "y", {{"batch_dims", std::int64_t{1}}})});
}

std::vector<OperatorCase> cases() {
  std::vector<OperatorCase> out;
  const auto add = [&](const std::string& name, Graph (*build)(GraphBuilder&), double tolerance) {
    OperatorCase each{name, build};
    each.tolerance = tolerance;
    out.push_back(std::move(each));
  };
  add("masked_sums", masked_sums, 2e-3);
  add("chosen_scores", chosen_scores, 2e-3);
  add("constant_output", constant_output, 1e-3);
  add("gathered_blocks", gathered_blocks, 1e-3);
  add("log_of_sum", log_of_sum, 5e-2);
  return out;
}

class MasksAndConstants : public testing::TestWithParam<OperatorCase> {};

TEST_P(MasksAndConstants, HonestTracesAreAcceptedAndCloseToFloat) { expect_honest_and_close(GetParam()); }
TEST_P(MasksAndConstants, EveryMutationOfTheWitnessIsCaught) { expect_mutations_caught(GetParam()); }
TEST(MasksAndConstantsReference, AgreeWithTheIndependentEvaluator) { expect_reference_agrees(cases()); }

INSTANTIATE_TEST_SUITE_P(All, MasksAndConstants, testing::ValuesIn(cases()),
                         [](const testing::TestParamInfo<OperatorCase>& each) { return each.param.name; });

// A row of which nothing is left has no softmax.
TEST(Masks, ARowMaskedAsAWholeIsRefused) {
  GraphBuilder b;
  const ValueId x = b.input("x", {2, 2});
  Graph graph = b.finish({softmax(b, b.node("Add", {x, b.constant({{2, 2}, {0, 0, kNever, kNever}})}, "s"))});
  ASSERT_TRUE(infer_and_fold(graph).ok());
  const auto model = quantise(graph, {{{1, 2, 3, 4}}}, 16, QuantiseOptions{});
  ASSERT_FALSE(model.ok());
  EXPECT_NE(model.error().message.find("infinite or no number"), std::string::npos) << model.error().message;
}

// A mask that somebody else reads is no mask.
TEST(Masks, AnInfinityThatIsShownIsRefused) {
  GraphBuilder b;
  const ValueId x = b.input("x", {2});
  Graph graph = b.finish({b.node("Add", {x, b.constant({{2}, {0, kNever}})}, "y")});
  ASSERT_TRUE(infer_and_fold(graph).ok());
  EXPECT_FALSE(quantise(graph, {{{1, 2}}}, 16, QuantiseOptions{}).ok());
}

}  // namespace
}  // namespace veil
