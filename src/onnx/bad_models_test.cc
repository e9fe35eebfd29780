// Files that are wrong: each gives one sentence.
#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "base/bytes.h"
#include "graph/float_run.h"
#include "onnx.pb.h"
#include "onnx/import.h"

namespace veil {
namespace {

using onnx::AttributeProto;
using onnx::GraphProto;
using onnx::ModelProto;
using onnx::TensorProto;

void add_axis(onnx::ValueInfoProto* value, std::int64_t length) {
  auto* tensor = value->mutable_type()->mutable_tensor_type();
  tensor->set_elem_type(TensorProto::FLOAT);
  tensor->mutable_shape()->add_dim()->set_dim_value(length);
}

TensorProto* add_weights(GraphProto* graph, const std::string& name, const std::vector<std::int64_t>& dims,
                         const std::vector<float>& numbers) {
  TensorProto* tensor = graph->add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(TensorProto::FLOAT);
  for (const std::int64_t length : dims) tensor->add_dims(length);
  for (const float number : numbers) tensor->add_float_data(number);
  return tensor;
}

onnx::NodeProto* add_node(GraphProto* graph, const std::string& op, const std::vector<std::string>& inputs,
                          const std::string& output) {
  onnx::NodeProto* node = graph->add_node();
  node->set_op_type(op);
  for (const std::string& input : inputs) node->add_input(input);
  node->add_output(output);
  return node;
}

// y = relu(x * w), x of shape (batch, 2).
ModelProto good_model() {
  ModelProto model;
  model.set_ir_version(8);
  model.add_opset_import()->set_version(17);
  GraphProto* graph = model.mutable_graph();
  onnx::ValueInfoProto* input = graph->add_input();
  input->set_name("x");
  add_axis(input, 0);  // the batch, of any length
  add_axis(input, 2);
  add_weights(graph, "w", {2, 1}, {3, 4});
  add_node(graph, "MatMul", {"x", "w"}, "h");
  add_node(graph, "Relu", {"h"}, "y");
  graph->add_output()->set_name("y");
  return model;
}

Result<Graph> import_model(const ModelProto& model, const ImportOptions& options = {}) {
  return import_onnx(as_bytes(model.SerializeAsString()), options);
}

TEST(BadModels, TheGoodOneIsGood) {
  const auto graph = import_model(good_model());
  ASSERT_TRUE(graph.ok()) << graph.error().message;
  const auto values = run_float(*graph, {{{1, 2}, {1, 1}}});
  ASSERT_TRUE(values.ok());
  EXPECT_EQ((*values)[graph->outputs[0]].data, std::vector<double>{7});
}

struct Case {
  const char* name;
  std::function<void(ModelProto&)> spoil;
  const char* sentence;  // a part of it
};

const Case kCases[] = {
    {"opset too old", [](ModelProto& m) { m.mutable_opset_import(0)->set_version(0); },
     "operator set (opset) 0; supported are 1 to 27"},
    {"opset too new", [](ModelProto& m) { m.mutable_opset_import(0)->set_version(28); }, "operator set (opset) 28"},
    {"no opset", [](ModelProto& m) { m.clear_opset_import(); }, "does not say which operator set"},
    {"no graph", [](ModelProto& m) { m.clear_graph(); }, "it holds no graph"},
    {"no outputs", [](ModelProto& m) { m.mutable_graph()->clear_output(); }, "has no outputs"},
    {"unknown output", [](ModelProto& m) { m.mutable_graph()->mutable_output(0)->set_name("z"); },
     "lacks the value 'z' that the model as its output needs"},
    {"missing initialiser", [](ModelProto& m) { m.mutable_graph()->clear_initializer(); },
     "lacks the value 'w' that operator 'MatMul' (node 'MatMul #0') needs"},
    {"missing input", [](ModelProto& m) { m.mutable_graph()->clear_input(); }, "lacks the value 'x'"},
    {"duplicate initialiser", [](ModelProto& m) { add_weights(m.mutable_graph(), "w", {1}, {1}); },
     "Two values of the model are called 'w'"},
    {"duplicate result", [](ModelProto& m) { add_node(m.mutable_graph(), "Relu", {"x"}, "h"); },
     "Two values of the model are called 'h'"},
    {"duplicate input", [](ModelProto& m) { *m.mutable_graph()->add_input() = m.graph().input(0); },
     "Two values of the model are called 'x'"},
    {"cycle", [](ModelProto& m) { m.mutable_graph()->mutable_node(0)->set_input(0, "y"); },
     "depend on each other in a circle, at operator 'MatMul' (node 'MatMul #0')"},
    {"name that is not text", [](ModelProto& m) { m.mutable_graph()->mutable_node(0)->set_name("\xff"); },
     "is not text: the file is damaged"},
    {"raw data too short", [](ModelProto& m) { m.mutable_graph()->mutable_initializer(0)->set_raw_data("1234567"); },
     "Constant 'w' of shape (2, 1) does not hold as much data"},
    {"raw data too long",
     [](ModelProto& m) { m.mutable_graph()->mutable_initializer(0)->set_raw_data("123456789abc"); },
     "Constant 'w' of shape (2, 1) does not hold as much data"},
    {"field too long", [](ModelProto& m) { m.mutable_graph()->mutable_initializer(0)->add_float_data(1); },
     "does not hold as much data"},
    {"huge shape", [](ModelProto& m) { m.mutable_graph()->mutable_initializer(0)->set_dims(0, std::int64_t{1} << 40); },
     "impossible shape"},
    {"negative length", [](ModelProto& m) { m.mutable_graph()->mutable_initializer(0)->set_dims(0, -2); },
     "impossible shape"},
    {"large shape", [](ModelProto& m) { m.mutable_graph()->mutable_initializer(0)->set_dims(0, 1 << 27); },
     "does not hold as much data"},
    {"NaN weight", [](ModelProto& m) { m.mutable_graph()->mutable_initializer(0)->set_float_data(0, std::nanf("")); },
     "Constant 'w' contains NaN"},
    {"strings", [](ModelProto& m) { m.mutable_graph()->mutable_initializer(0)->set_data_type(TensorProto::STRING); },
     "element type that is not supported (STRING)"},
    {"unknown type", [](ModelProto& m) { m.mutable_graph()->mutable_initializer(0)->set_data_type(99); },
     "element type that is not supported (99)"},
    {"external data",
     [](ModelProto& m) { m.mutable_graph()->mutable_initializer(0)->set_data_location(TensorProto::EXTERNAL); },
     "keeps its numbers in another file"},
    {"sparse",
     [](ModelProto& m) {
       m.mutable_graph()->clear_initializer();
       m.mutable_graph()->add_sparse_initializer()->mutable_values()->set_name("w");
     },
     "'w' is sparse"},
    {"input without shape",
     [](ModelProto& m) { m.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type()->clear_shape(); },
     "Input 'x' has no shape"},
    {"input without type", [](ModelProto& m) { m.mutable_graph()->mutable_input(0)->clear_type(); },
     "Input 'x' is not a tensor"},
    {"input of strings",
     [](ModelProto& m) {
       m.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(TensorProto::STRING);
     },
     "Input 'x' is of strings, which cannot be proven"},
    {"free axis", [](ModelProto& m) { add_axis(m.mutable_graph()->mutable_input(0), -1); },
     "Axis 2 of input 'x' has no fixed length ('x:2'); give it with --dim 'x:2=LENGTH'."},
    {"huge input", [](ModelProto& m) { add_axis(m.mutable_graph()->mutable_input(0), std::int64_t{1} << 50); },
     "Input 'x' is too large"},
    {"many axes",
     [](ModelProto& m) {
       for (int i = 0; i < 9; ++i) add_axis(m.mutable_graph()->mutable_input(0), 1);
     },
     "has 11 axes"},
    {"wrong shapes",
     [](ModelProto& m) {
       m.mutable_graph()->mutable_initializer(0)->set_dims(0, 1);
       m.mutable_graph()->mutable_initializer(0)->set_dims(1, 2);
     },
     "Operator 'MatMul' (node 'MatMul #0'): shapes (1, 2) and (1, 2) cannot be multiplied."},
    {"unsupported", [](ModelProto& m) { m.mutable_graph()->mutable_node(1)->set_op_type("DeformConv"); },
     "Operator 'DeformConv' (node 'DeformConv #1') is not supported yet"},
    {"custom domain", [](ModelProto& m) { m.mutable_graph()->mutable_node(1)->set_domain("com.corp"); },
     "Operator 'com.corp:Relu' (node 'Relu #1') is not supported yet"},
    {"an operator of Veil's own",
     [](ModelProto& m) {
       m.mutable_graph()->mutable_node(1)->set_domain("veil");
       m.mutable_graph()->mutable_node(1)->set_op_type("Ends");
     },
     "Operator 'veil (a file's):Ends' (node 'Ends #1') is not supported yet"},
    {"control flow",
     [](ModelProto& m) {
       auto* node = m.mutable_graph()->mutable_node(1);
       node->set_op_type("If");
       auto* branch = node->add_attribute();
       branch->set_name("then_branch");
       branch->set_type(AttributeProto::GRAPH);
       branch->mutable_g();
     },
     "Operator 'If' (node 'If #1') has no 'else_branch'."},
    {"loop", [](ModelProto& m) { m.mutable_graph()->mutable_node(1)->set_op_type("Loop"); },
     "Operator 'Loop' (node 'Loop #1') has no 'body'"},
    {"unknown attribute",
     [](ModelProto& m) {
       auto* a = m.mutable_graph()->mutable_node(1)->add_attribute();
       a->set_name("slope");
       a->set_type(AttributeProto::FLOAT);
     },
     "attribute 'slope' is not supported yet"},
    {"surplus output",
     [](ModelProto& m) {
       m.mutable_graph()->mutable_node(1)->add_output("z");
       m.mutable_graph()->mutable_output(0)->set_name("z");
     },
     "its output 1 is not supported"},
    {"bad tensor attribute",
     [](ModelProto& m) {
       auto* node = m.mutable_graph()->mutable_node(1);
       node->set_op_type("Constant");
       node->clear_input();
       auto* a = node->add_attribute();
       a->set_name("value");
       a->set_type(AttributeProto::TENSOR);
       a->mutable_t()->set_data_type(TensorProto::FLOAT);
       a->mutable_t()->add_dims(3);
     },
     "Attribute 'value' of operator 'Constant' (node 'Constant #1') of shape (3) does not hold"},
};

TEST(BadModels, EachGivesItsSentence) {
  for (const Case& each : kCases) {
    ModelProto model = good_model();
    each.spoil(model);
    const auto graph = import_model(model);
    ASSERT_FALSE(graph.ok()) << each.name;
    EXPECT_NE(graph.error().message.find(each.sentence), std::string::npos)
        << each.name << ": " << graph.error().message;
    EXPECT_TRUE(graph.error().message.ends_with('.')) << graph.error().message;
  }
}

TEST(BadModels, WhatTheOutputDoesNotNeedMayBeWrong) {
  ModelProto model = good_model();
  GraphProto* graph = model.mutable_graph();
  add_weights(graph, "broken", {5}, {});
  add_node(graph, "Celu", {"broken", "nowhere"}, "unused");
  graph->add_output()->set_name("unused");
  onnx::ValueInfoProto* input = graph->add_input();
  input->set_name("shapeless");
  EXPECT_TRUE(import_model(model, {{}, "y"}).ok());
}

TEST(BadModels, FilesThatAreNoModels) {
  const auto message = [](std::string_view bytes) { return import_onnx(as_bytes(bytes)).error().message; };
  EXPECT_EQ(message(""), "This is not an ONNX file: it is empty.");
  EXPECT_EQ(message("Hello, this is a text.\n"), "This is not an ONNX file: it is text.");
  EXPECT_EQ(message("\x89PNG\r\n\x1a\n"), "This is not an ONNX file.");
  EXPECT_EQ(message("\x08\x07"), "This is not an ONNX file: it holds no graph.");
  const std::string good = good_model().SerializeAsString();
  EXPECT_EQ(message(good.substr(0, good.size() - 1)),
            "The ONNX file is damaged or cut short; export or copy it again.");
}

TEST(BadModels, TruncatedAndChangedBytesNeverCrash) {
  const std::string good = good_model().SerializeAsString();
  for (std::size_t size = 0; size < good.size(); ++size)
    static_cast<void>(import_onnx(as_bytes(good.substr(0, size))).ok());
  std::mt19937 random(1);
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = good;
    for (int change = 0; change < 3; ++change) bytes[random() % bytes.size()] = static_cast<char>(random());
    static_cast<void>(import_onnx(as_bytes(bytes)).ok());
  }
}

TEST(GoodModels, UnsortedNodesAndListedInitialisers) {
  ModelProto model = good_model();
  GraphProto* graph = model.mutable_graph();
  graph->mutable_node()->SwapElements(0, 1);
  onnx::ValueInfoProto* listed = graph->add_input();  // as in files of IR version 3
  listed->set_name("w");
  add_axis(listed, 2);
  add_axis(listed, 1);
  const auto imported = import_model(model);
  ASSERT_TRUE(imported.ok()) << imported.error().message;
  EXPECT_EQ(imported->nodes[0].op, "MatMul");
  EXPECT_EQ(imported->inputs.size(), 1u);
}

TEST(GoodModels, LengthsOfAxes) {
  ModelProto model = good_model();
  auto* shape = model.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
  shape->mutable_dim(0)->set_dim_param("batch");
  const auto one = import_model(model);
  ASSERT_TRUE(one.ok());
  EXPECT_EQ(one->values[one->inputs[0]].shape, (GraphShape{1, 2}));
  const auto three = import_model(model, {{{"batch", 3}}, {}});
  ASSERT_TRUE(three.ok());
  EXPECT_EQ(three->values[three->outputs[0]].shape, (GraphShape{3, 1}));
  shape->mutable_dim(0)->set_dim_value(4);  // a fixed batch stays
  const auto four = import_model(model);
  ASSERT_TRUE(four.ok());
  EXPECT_EQ(four->values[four->outputs[0]].shape, (GraphShape{4, 1}));
  const auto fixed = import_model(model, {{{"batch", 3}}, {}});
  ASSERT_FALSE(fixed.ok());
  EXPECT_NE(fixed.error().message.find("all its lengths are fixed"), std::string::npos);
  shape->mutable_dim(1)->set_dim_param("features");
  EXPECT_TRUE(import_model(model, {{{"x:1", 2}}, {}}).ok());
}

// One number in every way that a tensor can hold it.
TEST(GoodModels, ElementTypesOfConstants) {
  struct Stored {
    TensorProto::DataType type;
    std::string raw;
    double value;
  };
  const std::vector<Stored> all{
      {TensorProto::FLOAT, std::string("\x00\x00\xc0\x3f", 4), 1.5},
      {TensorProto::DOUBLE, std::string("\x00\x00\x00\x00\x00\x00\xf8\x3f", 8), 1.5},
      {TensorProto::FLOAT16, std::string("\x00\x3e", 2), 1.5},
      {TensorProto::FLOAT16, std::string("\x01\x00", 2), std::ldexp(1.0, -24)},
      {TensorProto::FLOAT16, std::string("\x00\xfc", 2), -HUGE_VAL},
      {TensorProto::BFLOAT16, std::string("\xc0\xbf", 2), -1.5},
      {TensorProto::INT64, std::string("\xfe\xff\xff\xff\xff\xff\xff\xff", 8), -2},
      {TensorProto::INT32, std::string("\xfe\xff\xff\xff", 4), -2},
      {TensorProto::INT8, "\xfe", -2},
      {TensorProto::UINT8, "\xfe", 254},
      {TensorProto::BOOL, "\x01", 1},
  };
  for (const Stored& each : all) {
    ModelProto model = good_model();
    TensorProto* tensor = add_weights(model.mutable_graph(), "c", {}, {});
    tensor->set_data_type(each.type);
    tensor->set_raw_data(each.raw);
    model.mutable_graph()->add_output()->set_name("c");
    const auto graph = import_model(model, {{}, "c"});
    ASSERT_TRUE(graph.ok()) << graph.error().message;
    EXPECT_EQ(graph->values[graph->outputs[0]].constant->data, std::vector<double>{each.value}) << each.type;
  }
}

}  // namespace
}  // namespace veil
