#include "graph/suggest.h"

#include <gtest/gtest.h>

namespace veil {
namespace {

TEST(Suggest, DistanceCountsInsertionsOmissionsReplacementsAndSwaps) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("score", "Score"), 0U);  // case is no difference
  EXPECT_EQ(edit_distance("scre", "score"), 1U);
  EXPECT_EQ(edit_distance("sccore", "score"), 1U);
  EXPECT_EQ(edit_distance("scote", "score"), 1U);
  EXPECT_EQ(edit_distance("socre", "score"), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(Suggest, TheNearestNameIsMeant) {
  const std::vector<std::string> known{"setup", "prove", "verify", "evaluate", "--input", "x", "repaid"};
  EXPECT_EQ(nearest_name("proof", known), std::nullopt);  // two of five
  EXPECT_EQ(nearest_name("prov", known), "prove");
  EXPECT_EQ(nearest_name("vreify", known), "verify");
  EXPECT_EQ(nearest_name("eval", known), "evaluate");  // a beginning
  EXPECT_EQ(nearest_name("--imput", known), "--input");
  EXPECT_EQ(nearest_name("Repaid", known), "repaid");
  EXPECT_EQ(nearest_name("y", known), std::nullopt);  // one letter for another says nothing
  EXPECT_EQ(nearest_name("frobnicate", known), std::nullopt);
  EXPECT_EQ(nearest_name("", known), std::nullopt);
  EXPECT_EQ(nearest_name("setup", {}), std::nullopt);
}

TEST(Suggest, LongNamesAndListsAreNotSearched) {
  const std::string name(65, 'a');
  EXPECT_EQ(nearest_name(name, {name + "b"}), std::nullopt);
  EXPECT_EQ(nearest_name("seutp", std::vector<std::string>(20'001, "setup")), std::nullopt);
}

TEST(Suggest, TextIsQuotedAndSafe) {
  EXPECT_EQ(suggestion("scroe", {"score"}), " (did you mean 'score'?)");
  EXPECT_EQ(suggestion("frobnicate", {"score"}), "");
  EXPECT_EQ(suggestion("evil", {"evil\x1b"}), " (did you mean 'evil?'?)");
}

}  // namespace
}  // namespace veil
