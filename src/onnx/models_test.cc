// Real models against what onnxruntime computes: those of testdata/ beside this file (written by make_models.py), and
// those of ../shared/testdata where that folder is there.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <iostream>

#include "data/files.h"
#include "data/npz.h"
#include "graph/float_run.h"
#include "graph/text.h"
#include "onnx/import.h"

namespace veil {
namespace {

namespace fs = std::filesystem;

constexpr double kTolerance = 1e-4;

const fs::path kOwn = fs::path(VEIL_SOURCE_DIR) / "src/onnx/testdata";
const fs::path kShared = fs::path(VEIL_SOURCE_DIR) / "../shared/testdata";

Result<Graph> import_file(const fs::path& path, const ImportOptions& options = {}) {
  VEIL_TRY(bytes, read_file(path));
  return import_onnx(bytes, options);
}

// The stored arrays have "__" for a colon and "_" for a slash.
std::string array_name(const std::string& value) {
  std::string out;
  for (const char c : value) out += c == ':' ? "__" : std::string(1, c == '/' ? '_' : c);
  return out;
}

// The largest error of the graph's output against the stored one, relative to 1 + its size.
Result<double> error_of(const Graph& graph, const fs::path& stored) {
  VEIL_TRY(bytes, read_file(stored));
  VEIL_TRY(archive, NpzArchive::open(bytes, stored.string()));
  std::vector<Array> inputs;
  for (const ValueId id : graph.inputs) {
    VEIL_TRY(input, archive.read("in__" + array_name(graph.values[id].name)));
    inputs.push_back(input);
  }
  VEIL_TRY(values, run_float(graph, inputs));
  const ValueId out = graph.outputs[0];
  // A model that hands its input through keeps the input's name.
  const bool same = graph.inputs == graph.outputs;
  VEIL_TRY(wanted, archive.read(same ? archive.names().back() : "out__" + array_name(graph.values[out].name)));
  if (values[out].shape != wanted.shape) return Error{"shape " + shape_text(values[out].shape)};
  double worst = 0;
  for (std::size_t i = 0; i < wanted.data.size(); ++i) {
    worst = std::max(worst, std::fabs(values[out].data[i] - wanted.data[i]) / (1 + std::fabs(wanted.data[i])));
  }
  return worst;
}

void expect_agreement(const Graph& graph, const fs::path& stored) {
  const auto error = error_of(graph, stored);
  ASSERT_TRUE(error.ok()) << stored << ": " << error.error().message;
  EXPECT_LT(*error, kTolerance) << stored;
}

struct Exported {
  const char* name;
  std::vector<std::string> operators;
};

std::vector<std::string> operators(const Graph& graph) {
  std::vector<std::string> names;
  for (const Node& node : graph.nodes) names.push_back(node.op);
  return names;
}

TEST(Models, ExportsOfScikitLearnAndPyTorch) {
  const std::vector<Exported> cases{
      {"sklearn_binary",
       {"MatMul", "Add", "Relu", "MatMul", "Add", "Relu", "MatMul", "Add", "Sigmoid", "Sub", "Concat"}},
      {"sklearn_binary_no_zipmap",
       {"MatMul", "Add", "Relu", "MatMul", "Add", "Relu", "MatMul", "Add", "Sigmoid", "Sub", "Concat"}},
      {"sklearn_multiclass", {"MatMul", "Add", "Tanh", "MatMul", "Add", "Tanh", "MatMul", "Add", "Softmax"}},
      {"sklearn_text_labels", {"MatMul", "Add", "Sigmoid", "MatMul", "Add", "Sigmoid", "MatMul", "Add", "Softmax"}},
      {"sklearn_regressor", {"MatMul", "Add", "Relu", "MatMul", "Add", "Reshape"}},
      {"sklearn_scaled",
       {"Sub", "Mul", "MatMul", "Add", "Relu", "MatMul", "Add", "Relu", "MatMul", "Add", "Sigmoid", "Sub", "Concat"}},
      {"torch_mlp", {"Gemm", "Relu", "Gemm"}},
      {"torch_mlp_script", {"Gemm", "Relu", "Gemm"}},
      {"torch_normalised", {"Sub", "Div", "Gemm", "LeakyRelu", "Gemm", "Tanh", "Gemm", "Softmax"}},
      {"torch_normalised_script",
       {"Sub", "Div", "Gemm", "BatchNormalization", "LeakyRelu", "Gemm", "Tanh", "Gemm", "Softmax"}},
      {"torch_image", {"Reshape", "Gemm", "Clip", "Gemm", "Unsqueeze", "Sigmoid", "Squeeze"}},
      {"torch_image_script", {"Reshape", "Gemm", "Clip", "Gemm", "Unsqueeze", "Sigmoid", "Squeeze"}},
      {"torch_two_inputs", {"Mul", "Concat", "Relu", "Gemm"}},
      {"torch_two_inputs_script", {"Mul", "Concat", "Relu", "MatMul"}},
  };
  for (const Exported& each : cases) {
    SCOPED_TRACE(each.name);
    const auto graph = import_file(kOwn / (std::string(each.name) + ".onnx"));
    ASSERT_TRUE(graph.ok()) << graph.error().message;
    EXPECT_EQ(operators(*graph), each.operators);
    expect_agreement(*graph, kOwn / (std::string(each.name) + ".npz"));
  }
}

// Of the scores: the label in front of them is not what is proved.
TEST(Models, LinearClassifierAgrees) {
  const auto graph = import_file(kOwn / "sklearn_logistic.onnx");
  ASSERT_TRUE(graph.ok()) << graph.error().message;
  expect_agreement(*graph, kOwn / "sklearn_logistic.npz");
}

TEST(Models, SharedModelsAgreeOrAreRefusedByASentence) {
  if (!fs::exists(kShared)) GTEST_SKIP() << kShared << " is not there";
  std::size_t agreeing = 0;
  for (const char* family : {"models", "ezkl", "layer_zoo"}) {
    for (const auto& entry : fs::directory_iterator(kShared / family)) {
      const fs::path file = entry.path() / (fs::exists(entry.path() / "model.onnx") ? "model.onnx" : "network.onnx");
      const auto graph = import_file(file);
      const std::string name = std::string(family) + "/" + entry.path().filename().string();
      if (!graph.ok()) {
        const std::string& message = graph.error().message;
        EXPECT_TRUE(message.ends_with('.')) << message;
        std::cout << "refused   " << name << ": " << message.substr(0, message.find(';')) << "\n";
        continue;
      }
      std::cout << "supported " << name << ": " << joined(operators(*graph), " ") << "\n";
      // One has no stored output, one has it in halves, which NPY files here are not read from.
      const fs::path stored = entry.path() / "ort_io.npz";
      if (!fs::exists(stored) || name == "models/squeezenet_fp16") continue;
      expect_agreement(*graph, stored);
      ++agreeing;
    }
  }
  EXPECT_GE(agreeing, 50u);
}

TEST(Models, LengthsOfSymbolicAxes) {
  const fs::path file = kShared / "models/vespa_transformer/model.onnx";
  if (!fs::exists(file)) GTEST_SKIP() << file << " is not there";
  const auto without = import_file(file);
  ASSERT_FALSE(without.ok());
  EXPECT_EQ(without.error().message,
            "Axis 1 of input 'input' has no fixed length ('tokens'); give it with --dim 'tokens=LENGTH'.");
  const auto unknown = import_file(file, {{{"token", 4}}, {}});
  ASSERT_FALSE(unknown.ok());
  EXPECT_NE(unknown.error().message.find("no axis of free length called 'token'"), std::string::npos);
  EXPECT_NE(unknown.error().message.find("its free axes are "), std::string::npos) << unknown.error().message;
  const auto impossible = import_file(file, {{{"tokens", -1}}, {}});
  ASSERT_FALSE(impossible.ok());
  EXPECT_NE(impossible.error().message.find("is not possible"), std::string::npos);
  const auto with = import_file(file, {{{"tokens", 4}}, {}});
  const std::string message = with.ok() ? "" : with.error().message;
  EXPECT_EQ(message.find("Axis"), std::string::npos) << message;
}

}  // namespace
}  // namespace veil
