// A quantised graph that anybody may have written: every number of a good one changed, and pieces of text cut out. It
// is refused by a sentence or lowered to a circuit that the validator judges; it never aborts or runs away.
#include <gtest/gtest.h>

#include "circuit/validate.h"
#include "graph/graph_builder.h"
#include "graph/passes.h"
#include "ops/choose_bits.h"
#include "ops/lowering.h"

namespace veil {
namespace {

using Attributes = std::map<std::string, Attribute>;

Graph mixed_graph() {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 4});
  const ValueId z = b.input("z", {1, 2});
  const ValueId s = b.node("Mul", {z, b.constant({{2}, {0.3, 0.7}})}, "s");
  const ValueId t = b.node("Tanh", {s}, "t");
  const ValueId c = b.node("Concat", {x, t}, "c", Attributes{{"axis", std::int64_t{1}}});
  const ValueId g =
      b.node("Gemm", {c, b.constant({{6, 3}, std::vector<double>(18, 0.25)}), b.constant({{3}, {1, 2, 3}})}, "g");
  const ValueId l = b.node("LeakyRelu", {g}, "l", Attributes{{"alpha", 0.1}});
  const ValueId k = b.node("Clip", {l, b.constant({{}, {-0.5}}), b.constant({{}, {2.5}})}, "k");
  const ValueId a = b.node("Add", {k, l}, "a");
  const ValueId m = b.node("Mul", {a, l}, "m");
  return b.finish({b.node("Softmax", {m}, "y", Attributes{{"axis", std::int64_t{1}}})});
}

Graph binary_graph() {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 3});
  const ValueId h = b.node("Gemm", {x, b.constant({{3, 2}, {1, 2, 3, 4, 5, 6}})}, "h");
  const ValueId r = b.node("Relu", {h}, "r");
  const ValueId g = b.node("MatMul", {r, b.constant({{2, 2}, {1, -2, -0.5, 1}})}, "g");
  return b.finish({b.node("Softmax", {g}, "y", Attributes{{"axis", std::int64_t{1}}})});
}

std::string json_of(Graph graph, unsigned bits, const std::string& claim) {
  EXPECT_TRUE(infer_and_fold(graph).ok());
  std::vector<RealRow> rows;
  for (int i = 0; i < 5; ++i) {
    rows.emplace_back();
    for (const ValueId id : graph.inputs)
      rows.back().emplace_back(static_cast<std::size_t>(graph.values[id].shape[1]), 0.3 * i - 0.5);
  }
  QuantiseOptions options;
  options.claim = claim;
  const auto model = quantise(graph, rows, bits, options);
  EXPECT_TRUE(model.ok()) << (model.ok() ? "" : model.error().message);
  return quantised_graph_json(model->graph);
}

enum class Fate { kNotRead, kNotLowered, kRejected, kAccepted };

Fate fate_of(const std::string& json) {
  const auto graph = read_quantised_graph(json);
  if (!graph) return Fate::kNotRead;
  const auto lowering = lower(*graph);
  if (!lowering) {
    EXPECT_FALSE(lowering.error().message.empty());
    return Fate::kNotLowered;
  }
  const Verdict verdict = validate_circuit(lowering->circuit);
  EXPECT_TRUE(verdict.accepted()) << verdict.name() << " " << verdict.detail() << " " << json;
  return verdict.accepted() ? Fate::kAccepted : Fate::kRejected;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

TEST(HostileGraph, EveryChangedNumberIsJudged) {
  const std::string kNumbers[] = {"0",
                                  "1",
                                  "2",
                                  "3",
                                  "5",
                                  "8",
                                  "17",
                                  "40",
                                  "41",
                                  "64",
                                  "255",
                                  "4096",
                                  "16777216",
                                  "268435456",
                                  "1152921504606846976",
                                  "-1",
                                  "-3",
                                  "-20",
                                  "-1100",
                                  "-1152921504606846976",
                                  "99999999999999999999"};
  std::map<Fate, int> fates;
  for (const std::string& json :
       {json_of(mixed_graph(), 16, ""), json_of(mixed_graph(), 8, "argmax == 1 and y[1] > 0.4"),
        json_of(binary_graph(), 12, "score >= 0.7"), json_of(binary_graph(), 16, "")}) {
    ASSERT_EQ(fate_of(json), Fate::kAccepted);
    for (std::size_t i = 1; i < json.size(); ++i) {
      const bool starts =
          (is_digit(json[i]) || json[i] == '-') && (json[i - 1] == ':' || json[i - 1] == '[' || json[i - 1] == ',');
      if (!starts) continue;
      std::size_t end = i + 1;
      while (is_digit(json[end])) ++end;
      for (const std::string& number : kNumbers) {
        std::string changed = json;
        changed.replace(i, end - i, number);
        ++fates[fate_of(changed)];
      }
    }
  }
  EXPECT_GT(fates[Fate::kNotRead], 100);
  EXPECT_GT(fates[Fate::kNotLowered], 100);
  EXPECT_EQ(fates[Fate::kRejected], 0);  // what lowers is sound
  std::printf("not read %d, not lowered %d, rejected %d, accepted %d\n", fates[Fate::kNotRead],
              fates[Fate::kNotLowered], fates[Fate::kRejected], fates[Fate::kAccepted]);
}

TEST(HostileGraph, CutAndSpoiledTextIsNotRead) {
  const std::string json = json_of(binary_graph(), 12, "score >= 0.7");
  for (std::size_t length = 0; length < json.size(); length += 3) {
    EXPECT_EQ(fate_of(json.substr(0, length)), Fate::kNotRead);
    std::string spoiled = json;
    spoiled[length] = static_cast<char>(spoiled[length] ^ 0x15);
    fate_of(spoiled);
  }
  EXPECT_EQ(fate_of(json + " "), Fate::kNotRead);
  EXPECT_EQ(fate_of(""), Fate::kNotRead);
  EXPECT_EQ(fate_of("[]"), Fate::kNotRead);
  EXPECT_EQ(fate_of(std::string(100000, '[')), Fate::kNotRead);
}

// Axes that no common split serves: the value is laid out anew.
TEST(HostileGraph, ShapesThatDoNotSplitAreCopied) {
  GraphBuilder b;
  const ValueId x = b.input("x", {2, 3});
  const ValueId r = b.node("Relu", {x}, "r");
  const ValueId t = b.node("Reshape", {r, b.integers({3, 2})}, "t");
  const ValueId y = b.node("MatMul", {t, b.constant({{2, 2}, {1, 2, 3, 4}})}, "y");
  const ValueId w = b.node("MatMul", {x, b.constant({{3, 2}, {1, 2, 3, 4, 5, 6}})}, "w");
  const ValueId v = b.node("MatMul", {y, b.constant({{2, 1}, {1, 2}})}, "v");
  const ValueId u = b.node("MatMul", {w, b.constant({{2, 1}, {1, 2}})}, "u");
  const ValueId vv = b.node("Concat", {v, u}, "vv", Attributes{{"axis", std::int64_t{0}}});
  Graph graph = b.finish({vv});
  ASSERT_TRUE(infer_and_fold(graph).ok());
  const auto model = quantise(graph, {{{1, 2, 3, 4, 5, 6}}}, 16, {});
  ASSERT_TRUE(model.ok()) << model.error().message;
  const auto lowering = lower(model->graph);
  ASSERT_TRUE(lowering.ok()) << lowering.error().message;
  const Verdict verdict = validate_circuit(lowering->circuit);
  EXPECT_TRUE(verdict.accepted()) << verdict.name() << " " << verdict.detail();
}

}  // namespace
}  // namespace veil
