// Loop and Scan: rounds, conditions, what a body reads from around it, bounds.
#include <gtest/gtest.h>

#include "onnx/test_model.h"

namespace veil::testing {
namespace {

using onnx::TensorProto;

const Array kRow{{2}, {-2, 3}};

void add_number(onnx::GraphProto* graph, const std::string& name, TensorProto::DataType type, float value) {
  TensorProto* tensor = graph->add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(type);
  if (type == TensorProto::INT64) {
    tensor->add_int64_data(static_cast<std::int64_t>(value));
  } else if (type == TensorProto::BOOL) {
    tensor->add_int32_data(value != 0);
  } else {
    tensor->add_float_data(value);
  }
}

void set_integers(onnx::NodeProto* node, const std::string& name, const std::vector<std::int64_t>& values) {
  onnx::AttributeProto* attribute = node->add_attribute();
  attribute->set_name(name);
  attribute->set_type(onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) attribute->add_ints(value);
}

void set_integer(onnx::NodeProto* node, const std::string& name, std::int64_t value) {
  onnx::AttributeProto* attribute = node->add_attribute();
  attribute->set_name(name);
  attribute->set_type(onnx::AttributeProto::INT);
  attribute->set_i(value);
}

onnx::GraphProto* add_body(onnx::NodeProto* node, const std::vector<std::string>& inputs,
                           const std::vector<std::string>& outputs) {
  onnx::AttributeProto* attribute = node->add_attribute();
  attribute->set_name("body");
  attribute->set_type(onnx::AttributeProto::GRAPH);
  onnx::GraphProto* body = attribute->mutable_g();
  for (const std::string& input : inputs) body->add_input()->set_name(input);
  for (const std::string& output : outputs) body->add_output()->set_name(output);
  return body;
}

// y = x + 2 x + 2 (2 x) + ...: `count` rounds of (sum, step) -> (sum + step, 2 step). Other results: the steps.
onnx::GraphProto* add_doubling(onnx::GraphProto* graph, const std::string& count, const std::string& condition) {
  onnx::NodeProto* loop = add_node(graph, "Loop", {count, condition, "zero", "x"}, {"y", "last", "steps"});
  onnx::GraphProto* body = add_body(loop, {"i", "go", "sum", "step"}, {"on", "next_sum", "next_step", "seen"});
  add_node(body, "Identity", {"go"}, {"on"});
  add_node(body, "Add", {"sum", "step"}, {"next_sum"});
  add_node(body, "Mul", {"step", "two"}, {"next_step"});  // `two` stands around the loop
  add_node(body, "Identity", {"step"}, {"seen"});
  add_number(graph, "zero", TensorProto::FLOAT, 0);
  add_number(graph, "two", TensorProto::FLOAT, 2);
  return body;
}

TEST(Loop, RunsItsBodyAsOftenAsTheConstantSays) {
  onnx::ModelProto model = empty_model();
  add_number(model.mutable_graph(), "count", TensorProto::INT64, 3);
  add_number(model.mutable_graph(), "yes", TensorProto::BOOL, 1);
  add_doubling(model.mutable_graph(), "count", "yes");
  EXPECT_EQ(*run(model, {kRow}), (std::vector<double>{-14, 21}));
  model.mutable_graph()->mutable_output(0)->set_name("steps");
  EXPECT_EQ(*run(model, {kRow}), (std::vector<double>{-2, 3, -4, 6, -8, 12}));
}

TEST(Loop, WithoutAConditionGoesOnToItsCount) {
  onnx::ModelProto model = empty_model();
  add_number(model.mutable_graph(), "count", TensorProto::INT64, 2);
  add_doubling(model.mutable_graph(), "count", "");
  EXPECT_EQ(*run(model, {kRow}), (std::vector<double>{-6, 9}));
}

TEST(Loop, ThatIsNotEnteredGivesWhatItBeganWith) {
  onnx::ModelProto model = empty_model();
  add_number(model.mutable_graph(), "count", TensorProto::INT64, 3);
  add_number(model.mutable_graph(), "no", TensorProto::BOOL, 0);
  add_doubling(model.mutable_graph(), "count", "no");
  model.mutable_graph()->mutable_output(0)->set_name("last");
  add_node(model.mutable_graph(), "Neg", {"last"}, {"z"});
  model.mutable_graph()->mutable_output(0)->set_name("z");
  EXPECT_EQ(*run(model, {kRow}), (std::vector<double>{2, -3}));
}

// The number of the round ends it: i < 3, without a count.
TEST(Loop, EndsByAConditionThatFolds) {
  onnx::ModelProto model = empty_model();
  add_number(model.mutable_graph(), "yes", TensorProto::BOOL, 1);
  onnx::GraphProto* body = add_doubling(model.mutable_graph(), "", "yes");
  add_number(model.mutable_graph(), "three", TensorProto::INT64, 3);
  body->mutable_node(0)->set_op_type("Less");
  body->mutable_node(0)->set_input(0, "i");
  body->mutable_node(0)->add_input("three");
  EXPECT_EQ(*run(model, {kRow}), (std::vector<double>{-30, 45}));  // also after the round with i = 3: four rounds
}

// While the sum is small: known only with the data. At most four rounds.
TEST(Loop, WhoseConditionDependsOnTheDataKeepsWhatItHas) {
  onnx::ModelProto model = empty_model();
  onnx::GraphProto* graph = model.mutable_graph();
  add_number(graph, "count", TensorProto::INT64, 4);
  add_number(graph, "ten", TensorProto::FLOAT, 10);
  add_number(graph, "zero", TensorProto::FLOAT, 0);
  onnx::NodeProto* loop = add_node(graph, "Loop", {"count", "", "x"}, {"y"});
  onnx::GraphProto* body = add_body(loop, {"i", "go", "v"}, {"on", "twice"});
  add_node(body, "Add", {"v", "v"}, {"twice"});
  add_node(body, "ReduceMax", {"twice"}, {"largest"})->set_name("largest");
  set_integer(body->mutable_node(1), "keepdims", 0);
  add_node(body, "Less", {"largest", "ten"}, {"on"});
  EXPECT_EQ(*run(model, {kRow}), (std::vector<double>{-8, 12}));
  EXPECT_EQ(*run(model, {Array{{2}, {-2, 1}}}), (std::vector<double>{-32, 16}));
  EXPECT_EQ(*run(model, {Array{{2}, {-2, 30}}}), (std::vector<double>{-4, 60}));
}

TEST(Loop, MayStandInALoopAndReadFromBothAroundIt) {
  onnx::ModelProto model = empty_model();
  onnx::GraphProto* graph = model.mutable_graph();
  add_number(graph, "count", TensorProto::INT64, 2);
  add_number(graph, "half", TensorProto::FLOAT, 0.5);
  onnx::NodeProto* outer = add_node(graph, "Loop", {"count", "", "x"}, {"y"});
  onnx::GraphProto* body = add_body(outer, {"i", "go", "v"}, {"go", "w"});
  add_node(body, "Mul", {"v", "half"}, {"less"});
  onnx::NodeProto* inner = add_node(body, "Loop", {"count", "", "v"}, {"w"});
  onnx::GraphProto* inner_body = add_body(inner, {"i", "go", "u"}, {"go", "t"});  // the names of the outer body again
  add_node(inner_body, "Add", {"u", "less"}, {"s"});
  add_node(inner_body, "Add", {"s", "half"}, {"t"});
  // A round: v + 2 (v / 2 + 0.5) = 2 v + 1.
  EXPECT_EQ(*run(model, {kRow}), (std::vector<double>{-5, 15}));
}

TEST(Loop, OfUnknownLengthIsRefused) {
  onnx::ModelProto by_data = empty_model();
  add_number(by_data.mutable_graph(), "yes", TensorProto::BOOL, 1);
  add_value(by_data.mutable_graph()->add_input(), "count", {}, TensorProto::INT64);
  add_doubling(by_data.mutable_graph(), "count", "yes");
  const auto refused = run(by_data, {kRow});
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("rounds is known only at run time"), std::string::npos)
      << refused.error().message;

  onnx::ModelProto endless = empty_model();
  add_doubling(endless.mutable_graph(), "", "");
  const auto stopped = run(endless, {kRow});
  ASSERT_FALSE(stopped.ok());
  EXPECT_NE(stopped.error().message.find("too large"), std::string::npos) << stopped.error().message;
}

// Few nodes, many values carried through many rounds: seconds at most.
TEST(Loop, OfManyValuesAndRoundsIsRefused) {
  onnx::ModelProto model = empty_model();
  add_number(model.mutable_graph(), "count", TensorProto::INT64, 200000);
  onnx::NodeProto* loop = add_node(model.mutable_graph(), "Loop", {"count", ""}, {});
  onnx::GraphProto* body = add_body(loop, {"i", "go"}, {"go"});
  for (int i = 0; i < 20000; ++i) {
    const std::string name = "v" + std::to_string(i);
    loop->add_input("x");
    loop->add_output(i == 0 ? "y" : "y" + std::to_string(i));
    body->add_input()->set_name(name);
    body->add_output()->set_name(name);
  }
  const auto refused = run(model, {kRow});
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("too large"), std::string::npos) << refused.error().message;
}

TEST(Loop, WithoutAUsableBodyIsRefused) {
  onnx::ModelProto model = empty_model();
  add_number(model.mutable_graph(), "count", TensorProto::INT64, 2);
  onnx::NodeProto* loop = add_node(model.mutable_graph(), "Loop", {"count", "", "x"}, {"y"});
  EXPECT_FALSE(run(model, {kRow}).ok());
  onnx::GraphProto* body = add_body(loop, {"i"}, {"i"});
  EXPECT_FALSE(run(model, {kRow}).ok());
  body->add_input()->set_name("go");
  body->add_input()->set_name("v");
  EXPECT_FALSE(run(model, {kRow}).ok());
  body->add_output()->set_name("nowhere");
  EXPECT_FALSE(run(model, {kRow}).ok());
  body->mutable_output(1)->set_name("v");
  body->mutable_output(0)->set_name("go");
  EXPECT_TRUE(run(model, {kRow}).ok());
}

// Running sums along an axis, from either end.
TEST(Scan, GoesAlongItsAxesInTheirDirections) {
  onnx::ModelProto model = empty_model();
  onnx::GraphProto* graph = model.mutable_graph();
  graph->mutable_input(0)->Clear();
  add_value(graph->mutable_input(0), "x", {2, 3}, TensorProto::FLOAT);
  add_number(graph, "zero", TensorProto::FLOAT, 0);
  onnx::NodeProto* scan = add_node(graph, "Scan", {"start", "x"}, {"total", "y"});
  add_node(graph, "Expand", {"zero", "shape"}, {"start"});
  TensorProto* shape = graph->add_initializer();
  shape->set_name("shape");
  shape->set_data_type(TensorProto::INT64);
  shape->add_dims(1);
  shape->add_int64_data(2);
  onnx::GraphProto* body = add_body(scan, {"sum", "place"}, {"next", "seen"});
  add_node(body, "Add", {"sum", "place"}, {"next"});
  add_node(body, "Identity", {"next"}, {"seen"});
  set_integer(scan, "num_scan_inputs", 1);
  set_integers(scan, "scan_input_axes", {1});
  const Array input{{2, 3}, {1, 2, 3, 10, 20, 30}};
  EXPECT_EQ(*run(model, {input}), (std::vector<double>{1, 10, 3, 30, 6, 60}));
  set_integers(scan, "scan_output_axes", {-1});
  EXPECT_EQ(*run(model, {input}), (std::vector<double>{1, 3, 6, 10, 30, 60}));
  set_integers(scan, "scan_input_directions", {1});
  EXPECT_EQ(*run(model, {input}), (std::vector<double>{3, 5, 6, 30, 50, 60}));
  set_integers(scan, "scan_output_directions", {1});
  EXPECT_EQ(*run(model, {input}), (std::vector<double>{6, 5, 3, 60, 50, 30}));
  set_integers(scan, "scan_output_directions", {1, 1});
  EXPECT_FALSE(run(model, {input}).ok());
}

}  // namespace
}  // namespace veil::testing
