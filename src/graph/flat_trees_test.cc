#include "graph/flat_trees.h"

#include <gtest/gtest.h>

namespace veil {
namespace {

// x0 <= 1 ? leaf 0 : (x1 == 2 ? leaf 1 : leaf 2), and a tree that is leaf 3.
Forest small_forest() {
  Forest forest;
  forest.branches.push_back({TreeMode::kLessEqual, 0, 1, {}, {true, 0}, {false, 1}, true});
  forest.branches.push_back({TreeMode::kEqual, 1, 2, {}, {true, 1}, {true, 2}, false});
  forest.leaves.resize(4);
  forest.roots = {{false, 0}, {true, 3}};
  forest.targets = 1;
  return forest;
}

// Of tree t, by the decisions of its comparisons.
std::size_t reached(const FlatTrees& trees, std::size_t t, const std::vector<int>& decisions) {
  std::size_t found = FlatTrees::kNoLeaf;
  for (std::size_t leaf = 0; leaf < trees.leaf_count; ++leaf) {
    double missed = trees.start[t * trees.leaf_count + leaf];
    for (std::size_t n = 0; n < trees.comparisons; ++n) {
      missed += decisions[n] * trees.paths[(t * trees.comparisons + n) * trees.leaf_count + leaf];
    }
    EXPECT_GE(missed, 0);
    if (missed != 0) continue;
    EXPECT_EQ(found, FlatTrees::kNoLeaf) << "two leaves";
    found = trees.leaves[leaf * trees.trees + t];
  }
  return found;
}

TEST(FlatTrees, OneLeafIsReachedWhateverIsDecided) {
  const auto trees = flat_trees(small_forest(), 2, false);
  ASSERT_TRUE(trees);
  ASSERT_EQ(trees->comparisons, 3u);  // == is two
  EXPECT_EQ(trees->features, (std::vector<double>{2, 1, 1, 2, 2, 2}));
  EXPECT_EQ(trees->thresholds[0], 1);
  EXPECT_EQ(reached(*trees, 0, {1, 0, 0}), 0u);
  EXPECT_EQ(reached(*trees, 0, {1, 1, 1}), 0u);
  EXPECT_EQ(reached(*trees, 0, {0, 1, 0}), 1u);  // x1 <= 2, not below it
  EXPECT_EQ(reached(*trees, 0, {0, 1, 1}), 2u);
  EXPECT_EQ(reached(*trees, 0, {0, 0, 0}), 2u);
  EXPECT_EQ(reached(*trees, 1, {1, 1, 1}), 3u);
  EXPECT_EQ(reached(*trees, 1, {0, 0, 0}), 3u);
}

TEST(FlatTrees, TooManyComparisonsAreNone) {
  Forest forest = small_forest();
  forest.branches.resize(1);
  forest.branches[0].mode = TreeMode::kMember;
  forest.branches[0].when_false = {true, 1};
  for (int member = 600; member > 0; --member) forest.branches[0].members.push_back(member);
  EXPECT_FALSE(flat_trees(forest, 2, false));
}

TEST(FlatTrees, AreForTreesThatAreDeepInAFewPlaces) {
  FlatTrees trees;
  trees.comparisons = 30;
  trees.leaf_count = 31;
  EXPECT_FALSE(is_cheaper_than_complete(trees, 6));
  EXPECT_TRUE(is_cheaper_than_complete(trees, 12));
  trees.comparisons = 255;
  trees.leaf_count = 256;
  EXPECT_FALSE(is_cheaper_than_complete(trees, 8));
}

}  // namespace
}  // namespace veil
