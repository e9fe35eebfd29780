// Trees that change no score, so that fewer things show of a model that is hidden: a circuit tells how many trees an
// ensemble has, and how large the largest is (docs/howto/trees.md).
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"

namespace veil {

struct TreePadding {
  std::optional<std::int64_t> trees;   // so many in all
  std::optional<std::int64_t> leaves;  // of the largest tree

  bool any() const { return trees || leaves; }
};

inline constexpr std::int64_t kMostPaddedTrees = 1 << 14;
inline constexpr std::int64_t kMostPaddedLeaves = 1 << 14;

// The model file with trees of weight 0 added to its ensemble: one balanced tree of so many leaves, which compares as
// the ensemble's first comparison does, and trees that are one leaf.
// Errors: no ONNX file; not exactly one TreeEnsembleClassifier or TreeEnsembleRegressor; an ensemble that has more
// trees or leaves than that, that does not add its trees up, or whose numbers are tensors (doubles).
Result<Bytes> pad_trees(ByteView onnx, const TreePadding& padding);

}  // namespace veil
