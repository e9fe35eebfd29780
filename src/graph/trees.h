// Tree ensembles as the three operators of ai.onnx.ml say them, brought to one form.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "graph/operator.h"

namespace veil {

enum class TreeMode : std::uint8_t { kLessEqual, kLess, kGreaterEqual, kGreater, kEqual, kNotEqual, kMember };

// Where a branch leads: a branch, or a leaf.
struct TreeTarget {
  bool leaf = false;
  std::size_t index = 0;
};

struct TreeBranch {
  TreeMode mode = TreeMode::kLessEqual;
  std::int64_t feature = 0;
  double split = 0;
  std::vector<double> members;  // of kMember, in falling order
  TreeTarget when_true, when_false;
  bool missing_is_true = false;  // where a row without a value (NaN) goes, whatever the comparison is
};

struct TreeLeaf {
  std::vector<std::pair<std::int64_t, double>> weights;  // class or target, what it adds
};

struct Forest {
  std::vector<TreeBranch> branches;
  std::vector<TreeLeaf> leaves;
  std::vector<TreeTarget> roots;
  std::int64_t targets = 0;
  std::string aggregate, transform;  // "SUM", "NONE", as version 1 calls them
  std::vector<double> base;          // none, or one a target (a binary classifier: one)
};

// The nodes of TreeEnsembleRegressor and TreeEnsembleClassifier: lists of one entry a node.
struct NamedNodes {
  std::vector<std::int64_t> trees, ids, features, when_true, when_false, missing_is_true;
  std::vector<double> values;
  std::vector<std::string> modes;
};
Result<NamedNodes> read_named_nodes(const Call& call);
void put_named_nodes(Node& node, const NamedNodes& nodes);  // in place of those that it has

// TreeEnsembleRegressor and TreeEnsembleClassifier; `prefix` is "target" or "class".
Result<Forest> read_named_forest(const Call& call, const std::string& prefix, std::int64_t targets);
Result<Forest> read_forest(const Call& call);  // TreeEnsemble

// A list of reals, as such or "NAME_as_tensor".
Result<std::vector<double>> reals_of(const Call& call, const std::string& name);

}  // namespace veil
