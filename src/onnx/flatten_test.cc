// Functions of the file and branches of If: names, attributes, bounds.
#include <gtest/gtest.h>

#include <algorithm>

#include "onnx/test_model.h"

namespace veil::testing {
namespace {

using onnx::AttributeProto;
using onnx::TensorProto;

onnx::FunctionProto* add_function(onnx::ModelProto& model, const std::string& name) {
  onnx::FunctionProto* function = model.add_functions();
  function->set_domain("own");
  function->set_name(name);
  function->add_input("a");
  function->add_output("b");
  return function;
}

void set_attribute(onnx::NodeProto* node, const std::string& name, float value) {
  AttributeProto* attribute = node->add_attribute();
  attribute->set_name(name);
  attribute->set_type(AttributeProto::FLOAT);
  attribute->set_f(value);
}

const Array kRow{{2}, {-2, 3}};

TEST(Flatten, CallsOfFunctionsAreTheirBodies) {
  onnx::ModelProto model = empty_model();
  onnx::FunctionProto* leak = add_function(model, "Leak");
  leak->add_attribute("slope");
  auto* reference = add_node(leak, "LeakyRelu", {"a"}, {"b"})->add_attribute();
  reference->set_name("alpha");
  reference->set_type(AttributeProto::FLOAT);
  reference->set_ref_attr_name("slope");
  onnx::FunctionProto* twice = add_function(model, "Twice");
  add_node(twice, "Add", {"a", "a"}, {"t"});
  set_attribute(add_node(twice, "Leak", {"t"}, {"b"}, "own"), "slope", 0.5);
  add_node(model.mutable_graph(), "Twice", {"x"}, {"t"}, "own");
  add_node(model.mutable_graph(), "Twice", {"t"}, {"y"}, "own");
  const auto values = run(model, {kRow});
  ASSERT_TRUE(values.ok()) << values.error().message;
  EXPECT_EQ(*values, (std::vector<double>{-2, 12}));
}

TEST(Flatten, FunctionsThatCallThemselvesAreRefused) {
  onnx::ModelProto model = empty_model();
  onnx::FunctionProto* self = add_function(model, "Self");
  add_node(self, "Self", {"a"}, {"b"}, "own");
  add_node(model.mutable_graph(), "Self", {"x"}, {"y"}, "own");
  const auto values = run(model, {kRow});
  ASSERT_FALSE(values.ok());
  EXPECT_NE(values.error().message.find("nested too deep"), std::string::npos) << values.error().message;
}

TEST(Flatten, FunctionsThatGrowWithoutEndAreRefused) {
  onnx::ModelProto model = empty_model();
  for (int level = 0; level < 12; ++level) {
    onnx::FunctionProto* function = add_function(model, "F" + std::to_string(level));
    const std::string next = level == 11 ? "Neg" : "F" + std::to_string(level + 1);
    std::string from = "a";
    for (int i = 0; i < 20; ++i) {
      const std::string to = i == 19 ? "b" : "t" + std::to_string(i);
      add_node(function, next, {from}, {to}, level == 11 ? "" : "own");
      from = to;
    }
  }
  add_node(model.mutable_graph(), "F0", {"x"}, {"y"}, "own");
  const auto values = run(model, {kRow});
  ASSERT_FALSE(values.ok());
  EXPECT_NE(values.error().message.find("too large"), std::string::npos) << values.error().message;
}

// y = x + x if the condition holds, else -x, in which case the first branch may be nonsense.
onnx::ModelProto choice(const std::string& first) {
  onnx::ModelProto model = empty_model();
  onnx::NodeProto* node = add_node(model.mutable_graph(), "If", {"c"}, {"y"});
  for (const char* which : {"then_branch", "else_branch"}) {
    const bool is_first = std::string(which) == "then_branch";
    AttributeProto* attribute = node->add_attribute();
    attribute->set_name(which);
    attribute->set_type(AttributeProto::GRAPH);
    onnx::GraphProto* branch = attribute->mutable_g();
    add_node(branch, is_first ? first : "Neg",
             is_first ? std::vector<std::string>{"x", "x"} : std::vector<std::string>{"x"}, {"t"});
    branch->add_output()->set_name("t");
  }
  return model;
}

void set_condition(onnx::ModelProto& model, bool value) {
  TensorProto* tensor = model.mutable_graph()->add_initializer();
  tensor->set_name("c");
  tensor->set_data_type(TensorProto::BOOL);
  tensor->add_int32_data(value ? 1 : 0);
}

TEST(Flatten, AKnownConditionTakesItsBranch) {
  for (const bool value : {false, true}) {
    onnx::ModelProto model = choice("Add");
    set_condition(model, value);
    const auto values = run(model, {kRow});
    ASSERT_TRUE(values.ok()) << values.error().message;
    EXPECT_EQ(*values, value ? (std::vector<double>{-4, 6}) : (std::vector<double>{2, -3}));
  }
}

TEST(Flatten, ABranchThatIsNotTakenMayBeOfAnything) {
  onnx::ModelProto model = choice("Mystery");
  set_condition(model, false);
  const auto values = run(model, {kRow});
  ASSERT_TRUE(values.ok()) << values.error().message;
  EXPECT_EQ(*values, (std::vector<double>{2, -3}));
}

TEST(Flatten, ABranchThatIsTakenMayNot) {
  onnx::ModelProto model = choice("Mystery");
  set_condition(model, true);
  const auto values = run(model, {kRow});
  ASSERT_FALSE(values.ok());
  EXPECT_NE(values.error().message.find("Operator 'Mystery'"), std::string::npos) << values.error().message;
}

TEST(Flatten, AConditionOfTheDataChoosesBetweenBoth) {
  onnx::ModelProto model = choice("Add");
  add_value(model.mutable_graph()->add_input(), "c", {}, TensorProto::BOOL);
  for (const double bit : {0.0, 1.0}) {
    const auto values = run(model, {kRow, {{}, {bit}}});
    ASSERT_TRUE(values.ok()) << values.error().message;
    EXPECT_EQ(*values, bit != 0 ? (std::vector<double>{-4, 6}) : (std::vector<double>{2, -3}));
  }
}

}  // namespace
}  // namespace veil::testing
