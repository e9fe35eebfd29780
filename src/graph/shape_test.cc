#include "graph/shape.h"

#include <gtest/gtest.h>

#include "graph/text.h"

namespace veil {
namespace {

TEST(Shape, CountsElementsWithoutOverflow) {
  EXPECT_EQ(element_count({}), 1);
  EXPECT_EQ(element_count({2, 3}), 6);
  EXPECT_EQ(element_count({2, 0, 3}), 0);
  EXPECT_EQ(element_count({-1, 3}), std::nullopt);
  EXPECT_EQ(element_count({std::int64_t{1} << 28}), std::int64_t{1} << 28);
  EXPECT_EQ(element_count({std::int64_t{1} << 28, 2}), std::nullopt);
  EXPECT_EQ(element_count({std::int64_t{1} << 62, 4, 0}), std::nullopt);
}

TEST(Shape, Broadcasts) {
  EXPECT_EQ(*broadcast_shape({2, 1, 3}, {4, 1}), (GraphShape{2, 4, 3}));
  EXPECT_EQ(*broadcast_shape({}, {2}), GraphShape{2});
  EXPECT_FALSE(broadcast_shape({2, 3}, {2}).ok());
  EXPECT_EQ(broadcast_strides({4, 1}, {2, 4, 3}), (GraphShape{0, 1, 0}));
}

TEST(Shape, NormalisesAxes) {
  EXPECT_EQ(*normalise_axis(-1, 3), 2u);
  EXPECT_EQ(*normalise_axis(0, 3), 0u);
  EXPECT_FALSE(normalise_axis(3, 3).ok());
  EXPECT_FALSE(normalise_axis(-4, 3).ok());
  EXPECT_FALSE(normalise_axis(0, 0).ok());
}

TEST(Shape, WalksInRowMajorOrder) {
  std::vector<std::int64_t> seen;
  const GraphShape transposed{1, 3};
  walk(GraphShape{3, 2}, std::array{transposed}, [&](const auto& at) { seen.push_back(at[0]); });
  EXPECT_EQ(seen, (std::vector<std::int64_t>{0, 3, 1, 4, 2, 5}));
  int scalar = 0;
  walk(GraphShape{}, std::array{GraphShape{}}, [&](const auto&) { ++scalar; });
  EXPECT_EQ(scalar, 1);
  int none = 0;
  walk(GraphShape{2, 0}, std::array{GraphShape{0, 1}}, [&](const auto&) { ++none; });
  EXPECT_EQ(none, 0);
}

TEST(Text, QuotesWhatIsSafeToPrint) {
  EXPECT_EQ(quote("fc1"), "'fc1'");
  EXPECT_EQ(quote("a\x1b[31m\n"), "'a?[31m?'");
  EXPECT_EQ(quote("\xff\xc3\xa9\xc2\x9b"), "'?\xc3\xa9?'");
  EXPECT_LT(quote(std::string(1000, 'x')).size(), 100u);
  EXPECT_EQ(shape_text({1, 20}), "(1, 20)");
}

TEST(Text, KnowsUtf8) {
  EXPECT_TRUE(
      is_utf8("Gr\xc3\xb6\xc3\x9f"
              "e \xe2\x82\xac \xf0\x9f\x98\x80"));
  for (const char* bad :
       {"\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80", "\xf8\x88\x80\x80\x80"}) {
    EXPECT_FALSE(is_utf8(bad)) << quote(bad);
  }
}

}  // namespace
}  // namespace veil
