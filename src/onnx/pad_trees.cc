#include "onnx/pad_trees.h"

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <string_view>

#include "onnx.pb.h"

namespace veil {
namespace {

std::string number(std::int64_t value) { return std::to_string(value); }

// The ensemble's lists: an entry a node, and an entry a weight of a leaf.
class Ensemble {
 public:
  explicit Ensemble(onnx::NodeProto& node) : weights_(node.op_type() == "TreeEnsembleClassifier" ? "class" : "target") {
    for (onnx::AttributeProto& attribute : *node.mutable_attribute()) attributes_[attribute.name()] = &attribute;
  }

  Status check() const {
    for (const auto& [name, attribute] : attributes_) {
      if (name.ends_with("_as_tensor")) return Error{"Its trees have doubles, which are not padded."};
    }
    const auto aggregate = attributes_.find("aggregate_function");
    if (aggregate != attributes_.end() && aggregate->second->s() != "SUM") {
      return Error{"Its trees are not added up (" + aggregate->second->s() + "), so that one more would change it."};
    }
    for (const char* list : {"nodes_treeids", "nodes_nodeids", "nodes_featureids", "nodes_modes", "nodes_values",
                             "nodes_truenodeids", "nodes_falsenodeids"}) {
      if (attributes_.count(list) == 0) return Error{std::string("It has no ") + list + "."};
    }
    const auto ids = attributes_.find(weights_ + "_ids");
    if (ids == attributes_.end() || ids->second->ints().empty()) return Error{"Its leaves have no weights."};
    const auto nodes = attributes_.at("nodes_treeids")->ints_size();
    const bool fits = attributes_.at("nodes_modes")->strings_size() == nodes &&
                      attributes_.at("nodes_featureids")->ints_size() == nodes &&
                      attributes_.at("nodes_values")->floats_size() == nodes;
    return fits ? Status(Done{}) : Status(Error{"Its lists of nodes have not the same length."});
  }

  // Leaves by tree.
  std::map<std::int64_t, std::int64_t> leaves() const {
    std::map<std::int64_t, std::int64_t> out;
    const onnx::AttributeProto &trees = *attributes_.at("nodes_treeids"), &modes = *attributes_.at("nodes_modes");
    for (int i = 0; i < trees.ints_size(); ++i) out[trees.ints(i)] += modes.strings(i) == "LEAF" ? 1 : 0;
    return out;
  }

  // Node i of a balanced tree has the children 2i + 1 and 2i + 2; the last `leaves` nodes are its leaves.
  void add_tree(std::int64_t tree, std::int64_t leaves) {
    const int like = first_comparison();
    for (std::int64_t i = 0; i < 2 * leaves - 1; ++i) {
      const bool is_leaf = i >= leaves - 1;
      add("nodes_treeids", tree);
      add("nodes_nodeids", i);
      add("nodes_featureids", is_leaf || like < 0 ? 0 : attributes_.at("nodes_featureids")->ints(like));
      add("nodes_truenodeids", is_leaf ? 0 : 2 * i + 1);
      add("nodes_falsenodeids", is_leaf ? 0 : 2 * i + 2);
      add("nodes_missing_value_tracks_true", 0);
      add_real("nodes_values", is_leaf || like < 0 ? 0.0F : attributes_.at("nodes_values")->floats(like));
      add_real("nodes_hitrates", 1.0F);
      const std::string mode = like < 0 ? "BRANCH_LEQ" : attributes_.at("nodes_modes")->strings(like);
      attributes_.at("nodes_modes")->add_strings(is_leaf ? "LEAF" : mode);
      if (is_leaf) add_weight(tree, i);
    }
  }

 private:
  int first_comparison() const {
    const onnx::AttributeProto& modes = *attributes_.at("nodes_modes");
    for (int i = 0; i < modes.strings_size(); ++i) {
      if (modes.strings(i) != "LEAF") return i;
    }
    return -1;
  }
  void add_weight(std::int64_t tree, std::int64_t node) {
    add(weights_ + "_treeids", tree);
    add(weights_ + "_nodeids", node);
    add(weights_ + "_ids", attributes_.at(weights_ + "_ids")->ints(0));
    add_real(weights_ + "_weights", 0.0F);
  }
  // To lists that are there and not empty: others are optional.
  void add(const std::string& list, std::int64_t value) {
    const auto at = attributes_.find(list);
    if (at != attributes_.end() && !at->second->ints().empty()) at->second->add_ints(value);
  }
  void add_real(const std::string& list, float value) {
    const auto at = attributes_.find(list);
    if (at != attributes_.end() && !at->second->floats().empty()) at->second->add_floats(value);
  }

  std::string weights_;
  std::map<std::string, onnx::AttributeProto*, std::less<>> attributes_;
};

Status pad(Ensemble& ensemble, const TreePadding& padding) {
  VEIL_TRY_STATUS(ensemble.check());
  const std::map<std::int64_t, std::int64_t> leaves = ensemble.leaves();
  if (leaves.empty()) return Error{"It has no trees."};
  std::int64_t largest = 0;
  for (const auto& [tree, count] : leaves) largest = std::max(largest, count);
  const std::int64_t there = std::ssize(leaves);
  std::int64_t next = leaves.rbegin()->first;
  if (next > std::numeric_limits<std::int64_t>::max() - kMostPaddedTrees) return Error{"Its numbers are too large."};
  if (padding.leaves && *padding.leaves < largest) {
    return Error{"It has a tree of " + number(largest) + " leaves, more than " + number(*padding.leaves) + "."};
  }
  const bool grows = padding.leaves && *padding.leaves > largest;
  const std::int64_t wanted = padding.trees.value_or(there + (grows ? 1 : 0));
  if (wanted < there) return Error{"It has " + number(there) + " trees, more than " + number(wanted) + "."};
  if (grows && wanted == there) {
    return Error{"A larger tree is one more: pad the number of trees, too, to " + number(there + 1) + " or more."};
  }
  for (std::int64_t more = 0; more < wanted - there; ++more) {
    ensemble.add_tree(++next, grows && more == 0 ? *padding.leaves : 1);
  }
  return Done{};
}

}  // namespace

Result<Bytes> pad_trees(ByteView onnx, const TreePadding& padding) {
  if (padding.trees.value_or(1) < 1 || padding.trees.value_or(1) > kMostPaddedTrees || padding.leaves.value_or(1) < 1 ||
      padding.leaves.value_or(1) > kMostPaddedLeaves) {
    return Error{"Trees are padded to 1 to " + number(kMostPaddedTrees) + " of 1 to " + number(kMostPaddedLeaves) +
                 " leaves."};
  }
  onnx::ModelProto model;
  if (onnx.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()) ||
      !model.ParseFromArray(onnx.data(), static_cast<int>(onnx.size())) || !model.has_graph()) {
    return Error{"The file is no ONNX model, so that it has no trees to pad."};
  }
  onnx::NodeProto* found = nullptr;
  for (onnx::NodeProto& node : *model.mutable_graph()->mutable_node()) {
    const bool is_ensemble = node.op_type() == "TreeEnsembleClassifier" || node.op_type() == "TreeEnsembleRegressor";
    const bool is_newer = node.op_type() == "TreeEnsemble";
    if (node.domain() != "ai.onnx.ml" || !(is_ensemble || is_newer)) continue;
    if (is_newer) return Error{"Trees of the operator TreeEnsemble are not padded; its older forms are."};
    if (found != nullptr) return Error{"The model has several ensembles of trees; one alone can be padded."};
    found = &node;
  }
  if (found == nullptr) return Error{"The model has no ensemble of trees that could be padded."};
  Ensemble ensemble(*found);
  if (const Status status = pad(ensemble, padding); !status) {
    return Error{"The ensemble of trees cannot be padded. " + status.error().message};
  }
  const std::string out = model.SerializeAsString();
  return Bytes(out.begin(), out.end());
}

}  // namespace veil
