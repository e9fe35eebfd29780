#include "onnx/pad_trees.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "onnx/test_model.h"

namespace veil::testing {
namespace {

void add_numbers(onnx::NodeProto* node, const std::string& name, const std::vector<std::int64_t>& values) {
  onnx::AttributeProto* attribute = node->add_attribute();
  attribute->set_name(name);
  attribute->set_type(onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) attribute->add_ints(value);
}
void add_floats(onnx::NodeProto* node, const std::string& name, const std::vector<float>& values) {
  onnx::AttributeProto* attribute = node->add_attribute();
  attribute->set_name(name);
  attribute->set_type(onnx::AttributeProto::FLOATS);
  for (const float value : values) attribute->add_floats(value);
}

// Two trees: x0 <= 1 ? 10 : (x1 <= 2 ? 20 : 30), and 5.
onnx::ModelProto two_trees(const std::string& aggregate = "SUM") {
  onnx::ModelProto model = empty_model();
  onnx::OperatorSetIdProto* opset = model.add_opset_import();
  opset->set_domain("ai.onnx.ml");
  opset->set_version(3);
  model.mutable_graph()->mutable_input()->Clear();
  add_value(model.mutable_graph()->add_input(), "x", {1, 2}, onnx::TensorProto::FLOAT);
  onnx::NodeProto* node = add_node(model.mutable_graph(), "TreeEnsembleRegressor", {"x"}, {"y"}, "ai.onnx.ml");
  add_numbers(node, "nodes_treeids", {0, 0, 0, 0, 0, 1});
  add_numbers(node, "nodes_nodeids", {0, 1, 2, 3, 4, 0});
  add_numbers(node, "nodes_featureids", {0, 0, 1, 0, 0, 0});
  add_floats(node, "nodes_values", {1, 0, 2, 0, 0, 0});
  add_numbers(node, "nodes_truenodeids", {1, 0, 3, 0, 0, 0});
  add_numbers(node, "nodes_falsenodeids", {2, 0, 4, 0, 0, 0});
  onnx::AttributeProto* modes = node->add_attribute();
  modes->set_name("nodes_modes");
  modes->set_type(onnx::AttributeProto::STRINGS);
  for (const char* mode : {"BRANCH_LEQ", "LEAF", "BRANCH_LEQ", "LEAF", "LEAF", "LEAF"}) modes->add_strings(mode);
  add_numbers(node, "target_treeids", {0, 0, 0, 1});
  add_numbers(node, "target_nodeids", {1, 3, 4, 0});
  add_numbers(node, "target_ids", {0, 0, 0, 0});
  add_floats(node, "target_weights", {10, 20, 30, 5});
  onnx::AttributeProto* targets = node->add_attribute();
  targets->set_name("n_targets");
  targets->set_type(onnx::AttributeProto::INT);
  targets->set_i(1);
  onnx::AttributeProto* sum = node->add_attribute();
  sum->set_name("aggregate_function");
  sum->set_type(onnx::AttributeProto::STRING);
  sum->set_s(aggregate);
  return model;
}

std::string refusal(const onnx::ModelProto& model, const TreePadding& padding) {
  const auto padded = pad_trees(as_bytes(model.SerializeAsString()), padding);
  return padded.ok() ? "" : padded.error().message;
}

TEST(PadTrees, ScoresStayWhatTheyAre) {
  const onnx::ModelProto model = two_trees();
  std::mt19937_64 random(1);
  for (const TreePadding& padding : {TreePadding{2, std::nullopt}, TreePadding{7, std::nullopt}, TreePadding{3, 4},
                                     TreePadding{5, 9}, TreePadding{std::nullopt, 16}, TreePadding{2, 3}}) {
    const auto bytes = pad_trees(as_bytes(model.SerializeAsString()), padding);
    ASSERT_TRUE(bytes.ok()) << bytes.error().message;
    onnx::ModelProto padded;
    ASSERT_TRUE(padded.ParseFromArray(bytes->data(), static_cast<int>(bytes->size())));
    for (int trial = 0; trial < 50; ++trial) {
      const Array x{{1, 2}, {static_cast<double>(random() % 4), static_cast<double>(random() % 5)}};
      const auto before = run(model, {x}), after = run(padded, {x});
      ASSERT_TRUE(before.ok() && after.ok());
      EXPECT_EQ(*before, *after);
    }
  }
}

TEST(PadTrees, HasTheTreesAndLeavesThatWereAskedFor) {
  const auto bytes = pad_trees(as_bytes(two_trees().SerializeAsString()), {10, 12});
  ASSERT_TRUE(bytes.ok());
  onnx::ModelProto padded;
  ASSERT_TRUE(padded.ParseFromArray(bytes->data(), static_cast<int>(bytes->size())));
  std::map<std::int64_t, int> nodes;
  for (const onnx::AttributeProto& attribute : padded.graph().node(0).attribute()) {
    if (attribute.name() != "nodes_treeids") continue;
    for (const std::int64_t tree : attribute.ints()) ++nodes[tree];
  }
  ASSERT_EQ(nodes.size(), 10u);
  EXPECT_EQ(nodes[2], 23);  // 12 leaves and 11 comparisons
  EXPECT_EQ(nodes[9], 1);
}

TEST(PadTrees, RefusesWhatItWouldChangeOrCannotDo) {
  EXPECT_NE(refusal(two_trees("AVERAGE"), {8, {}}).find("not added up"), std::string::npos);
  EXPECT_NE(refusal(two_trees(), {1, {}}).find("has 2 trees, more than 1"), std::string::npos);
  EXPECT_NE(refusal(two_trees(), {8, 2}).find("a tree of 3 leaves, more than 2"), std::string::npos);
  EXPECT_NE(refusal(two_trees(), {2, 8}).find("one more"), std::string::npos);
  EXPECT_NE(refusal(empty_model(), {8, {}}).find("no ensemble"), std::string::npos);
  EXPECT_FALSE(pad_trees(as_bytes("no model"), {8, {}}).ok());
  EXPECT_FALSE(pad_trees(as_bytes(two_trees().SerializeAsString()), {kMostPaddedTrees + 1, {}}).ok());
  onnx::ModelProto twice = two_trees();
  *twice.mutable_graph()->add_node() = twice.graph().node(0);
  EXPECT_NE(refusal(twice, {8, {}}).find("several ensembles"), std::string::npos);
  onnx::ModelProto short_list = two_trees();
  for (onnx::AttributeProto& attribute : *short_list.mutable_graph()->mutable_node(0)->mutable_attribute()) {
    if (attribute.name() == "nodes_modes") attribute.mutable_strings()->RemoveLast();
  }
  EXPECT_NE(refusal(short_list, {8, {}}).find("same length"), std::string::npos);
}

}  // namespace
}  // namespace veil::testing
