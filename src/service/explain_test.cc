#include "service/explain.h"

#include <gtest/gtest.h>

#include "graph/graph_builder.h"
#include "graph/passes.h"
#include "service/set_up.h"

namespace veil {
namespace {

struct Explanation {
  Json json;
  std::string text;
};

// Of a small model: 3 numbers in, one out.
Explanation explain(bool hidden, const std::string& claim, bool with_graph = true) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 3});
  Graph graph = b.finish({b.node("MatMul", {x, b.constant({{3, 1}, {0.5, -1, 0.25}})}, "score")});
  EXPECT_TRUE(infer_and_fold(graph).ok());
  SetupChoices choices;
  choices.hidden = hidden;
  choices.claim = claim;
  choices.columns = {"age", "income", "debt"};
  auto made = set_up(graph, {{{1, 2, 3}}, {{-1, 0, 2}}, {{2, -2, 1}}}, choices, [](std::string_view, double) {});
  EXPECT_TRUE(made.ok()) << made.error().message;
  auto files = setup_files(*made, {}, choices);
  EXPECT_TRUE(files.ok());
  const Json json = explanation_json(
      {files->circuit, hidden ? Visibility::kHidden : Visibility::kPublic, with_graph ? &made->model.graph : nullptr});
  return {json, explanation_text(json)};
}

bool says(const Json& sentences, const std::string& words) {
  for (const Json& sentence : sentences) {
    if (sentence.get<std::string>().find(words) != std::string::npos) return true;
  }
  return false;
}

const Json& never_learned(const Explanation& explained) { return explained.json["parties"][1]["does_not_learn"]; }

TEST(Explain, AHiddenModelWithAClaimShowsItsTruthAlone) {
  const Explanation of = explain(true, "score >= 0.25");
  EXPECT_TRUE(says(of.json["proof_shows"], "score[0] >= 0.25"));
  EXPECT_FALSE(says(of.json["proof_shows"], "number for number"));
  EXPECT_TRUE(says(never_learned(of), "the model's weights (3 numbers)"));
  EXPECT_TRUE(says(never_learned(of), "'age', 'income', 'debt'"));
  EXPECT_TRUE(says(never_learned(of), "the output, beyond the claim"));
  EXPECT_TRUE(says(of.json["not_hidden"], "what the claim itself tells"));
  EXPECT_FALSE(says(of.json["not_hidden"], "what the output itself tells"));
}

TEST(Explain, WithoutAClaimTheOutputIsSaidToBeShown) {
  const Explanation of = explain(true, "");
  EXPECT_TRUE(says(of.json["proof_shows"], "the output, number for number: 'score'"));
  EXPECT_FALSE(says(never_learned(of), "the output, beyond"));
  EXPECT_TRUE(says(never_learned(of), "beyond what the output itself tells"));
  EXPECT_TRUE(says(of.json["not_hidden"], "1 number about 3 of the input"));
  EXPECT_EQ(of.json["facts"]["claim"], nullptr);
  EXPECT_EQ(of.json["facts"]["revealed_values"], 1);
}

TEST(Explain, WeightsOfAPublicModelAreNeverSaidToBeHidden) {
  for (const char* claim : {"", "score >= 0.25"}) {
    const Explanation of = explain(false, claim);
    EXPECT_FALSE(says(never_learned(of), "weights"));
    EXPECT_TRUE(says(of.json["key_shows"], "hide nothing"));
    EXPECT_FALSE(says(of.json["not_hidden"], "imitate"));
    EXPECT_TRUE(says(never_learned(of), "the input"));
    EXPECT_EQ(of.text.find("commitments that hide them"), std::string::npos);
  }
}

TEST(Explain, WhoeverIsNoPartyLearnsNoMoreThanTheVerifier) {
  const Explanation of = explain(true, "score >= 0.25");
  const Json& anyone = of.json["parties"][2]["does_not_learn"];
  for (const Json& sentence : never_learned(of)) EXPECT_TRUE(says(anyone, sentence.get<std::string>()));
  EXPECT_TRUE(says(anyone, "the context's text"));
  EXPECT_NE(of.text.find("what the verifier never learns"), std::string::npos);
}

TEST(Explain, OperatorsAreNamedOnlyWhereTheGraphIsKnown) {
  EXPECT_TRUE(says(explain(true, "").json["key_shows"], "1 einsum"));
  const Explanation of = explain(true, "", false);
  EXPECT_FALSE(says(of.json["key_shows"], "einsum"));
  EXPECT_EQ(of.json["facts"]["graph"], nullptr);
}

TEST(Explain, AGraphThatIsNotTheCircuitsIsNotBelieved) {
  EXPECT_FALSE(graph_of_circuit("{}", Circuit{}));
  EXPECT_FALSE(graph_of_circuit("", Circuit{}));
}

}  // namespace
}  // namespace veil
