// Real models end to end: quantise, lower, validate, fill, check, and the error against float.
#include <cmath>
#include <filesystem>
#include <iostream>

#include "data/files.h"
#include "data/npz.h"
#include "graph/shape.h"
#include "onnx/import.h"
#include "witness/exercise.h"
#include "witness/mutate.h"
#include "witness/reference.h"

namespace veil {
namespace {

namespace fs = std::filesystem;

const fs::path kShared = fs::path(VEIL_SOURCE_DIR) / "../shared/testdata";
const fs::path kExports = fs::path(VEIL_SOURCE_DIR) / "src/onnx/testdata";

Graph import_file(const fs::path& path) {
  const auto bytes = read_file(path);
  if (!bytes) ADD_FAILURE() << bytes.error().message;
  auto graph = import_onnx(*bytes, {});
  if (!graph) ADD_FAILURE() << graph.error().message;
  return std::move(*graph);
}

std::vector<RealRow> random_rows(const Graph& graph, std::size_t count, double low, double high, unsigned seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> number(low, high);
  std::vector<RealRow> rows(count);
  for (RealRow& row : rows) {
    for (const ValueId id : graph.inputs) {
      row.emplace_back(size_of(graph.values[id].shape));
      for (double& value : row.back()) value = number(random);
    }
  }
  return rows;
}

std::vector<RealRow> mnist_rows(std::size_t count, double scale) {
  const auto bytes = read_file(kShared / "data/mnist/t10k-images-idx3-ubyte");
  std::vector<RealRow> rows;
  for (std::size_t r = 0; r < count; ++r) {
    std::vector<double> image;
    for (std::size_t i = 0; i < 784; ++i) image.push_back((*bytes)[16 + r * 784 + i] * scale);
    rows.push_back({image});
  }
  return rows;
}

struct Case {
  const char* path;
  double low, high;    // of random rows; low == high: MNIST images times `high`
  double tolerance16;  // largest error at 16 bits, relative to the output's largest magnitude
};

double largest(const std::vector<double>& values) {
  double out = 0;
  for (const double value : values) out = std::max(out, std::fabs(value));
  return out;
}

void run_case(const fs::path& file, const Case& each) {
  SCOPED_TRACE(each.path);
  const Graph graph = import_file(file);
  const auto rows = each.low == each.high ? mnist_rows(60, each.high) : random_rows(graph, 40, each.low, each.high, 5);
  for (const unsigned bits : {8u, 12u, 16u}) {
    SCOPED_TRACE(bits);
    std::optional<Exercised> done;
    exercise(graph, rows, bits, {}, &done, 1);
    if (!done) continue;
    const double size = largest(done->comparison.real_outputs);
    std::size_t cells = 0;
    for (const Tensor& tensor : done->lowering.circuit.tensors) {
      if (tensor.owner == Owner::kWitness) cells += static_cast<std::size_t>(shape_size(tensor.shape));
    }
    std::size_t lookups = 0;
    for (const Lookup& lookup : done->lowering.circuit.lookups)
      lookups += static_cast<std::size_t>(lookup.domain.box_size());
    std::printf("%-34s %2u bits: error %.3g of %.3g (mean %.2g), agreement %.3f, %zu cells, %zu lookups\n", each.path,
                bits, done->comparison.output.largest, size, done->comparison.output.mean, done->comparison.agreement(),
                cells, lookups);
    if (bits == 16) {
      EXPECT_LE(done->comparison.output.largest, each.tolerance16 * size);
    }
  }
}

TEST(Models, Shared) {
  if (!fs::exists(kShared)) GTEST_SKIP() << kShared << " is not there";
  const Case cases[] = {
      {"models/mnist_fc_2x10", 1.0 / 255, 1.0 / 255, 1e-3},
      {"models/mnist_fc_5x20_leaky", 1.0 / 255, 1.0 / 255, 1e-2},
      {"models/sigmoid_robust", 1, 1, 1e-2},
      {"models/acasxu_1_1", -0.5, 0.5, 1e-2},
      {"models/acasxu_2_3", -0.5, 0.5, 1e-2},
      {"models/acasxu_4_7", -0.5, 0.5, 1e-2},
      {"models/iris_pytorch", 0, 8, 1e-3},
      {"models/agent_3DLander", -1, 1, 1e-2},
      {"models/agent_AirHockey", -1, 1, 1e-2},
      {"models/agent_BallChase", -1, 1, 1e-2},
      {"models/agent_CrossTheRoad", -1, 1, 1e-2},
      {"models/agent_FlyBy", -1, 1, 1e-2},
      {"models/agent_ItemSortingCart", -1, 1, 1e-2},
      {"models/agent_JumperHard", -1, 1, 1e-2},
      {"models/agent_MultiLevelRobot", -1, 1, 1e-2},
      {"models/mlperf_ad01_fp32", -10, 0, 1e-2},
      {"ezkl/1l_mlp", -2, 2, 1e-3},
      {"ezkl/1l_relu", -2, 2, 1e-3},
      {"ezkl/1l_leakyrelu", -2, 2, 1e-3},
      {"ezkl/1l_sigmoid", -6, 6, 1e-3},
      {"ezkl/1l_tanh", -4, 4, 1e-3},
      {"ezkl/1l_batch_norm", -2, 2, 1e-3},
      {"ezkl/1l_div", -2, 2, 1e-3},
      {"ezkl/1l_flatten", -2, 2, 1e-3},
      {"ezkl/1l_reshape", -2, 2, 1e-3},
      {"ezkl/1l_softmax", -3, 3, 1e-3},
      {"ezkl/2l_relu_sigmoid_small", -6, 6, 1e-3},
      {"ezkl/linear_regression", -5, 5, 1e-3},
      {"ezkl/quantize_dequantize", -2, 2, 1e-3},
      {"ezkl/eye", -2, 2, 1e-3},
      {"ezkl/doodles", 0, 1, 1e-3},
      {"layer_zoo/batchnorm", -2, 2, 1e-3},
      {"layer_zoo/concat_axis_0", -2, 2, 1e-3},
      {"layer_zoo/concat_axis_2", -2, 2, 1e-3},
      {"layer_zoo/dropout", -2, 2, 1e-3},
      {"layer_zoo/gemm", -2, 2, 1e-3},
      {"layer_zoo/leakyRelu", -2, 2, 1e-3},
      {"layer_zoo/fc_matMul", -2, 2, 1e-3},
      {"layer_zoo/multiInput_add", -2, 2, 1e-3},
      {"layer_zoo/reshape", -2, 2, 1e-3},
      {"layer_zoo/sigmoid", -4, 4, 1e-3},
      {"layer_zoo/squeeze_with_axes", -2, 2, 1e-3},
      {"layer_zoo/sub_var_test", -2, 2, 1e-3},
      {"layer_zoo/tanh", -2, 2, 1e-3},
      {"layer_zoo/unsqueeze", -2, 2, 1e-3},
  };
  for (const Case& each : cases) {
    const fs::path folder = kShared / each.path;
    run_case(folder / (fs::exists(folder / "model.onnx") ? "model.onnx" : "network.onnx"), each);
  }
}

// Every 7th committed entry of whole trained networks, with and without a claim.
TEST(Models, MutationsOfRealModelsAreCaught) {
  if (!fs::exists(kShared)) GTEST_SKIP() << kShared << " is not there";
  for (const auto& [name, claim] : {std::pair{"iris_pytorch", ""}, std::pair{"iris_pytorch", "argmax == 2"},
                                    std::pair{"agent_FlyBy", "y[0] < 1.5"}}) {
    const Graph graph = import_file(kShared / "models" / name / "model.onnx");
    const auto rows = random_rows(graph, 40, 0, 6, 5);
    QuantiseOptions options;
    options.claim = claim;
    const auto model = quantise(graph, rows, 16, options);
    ASSERT_TRUE(model.ok()) << model.error().message;
    const auto lowering = lower(model->graph);
    ASSERT_TRUE(lowering.ok()) << lowering.error().message;
    std::size_t traces = 0;
    for (const RealRow& row : rows) {
      const auto trace = fill_trace(*lowering, model->weights, quantise_row(model->graph, row)->inputs);
      if (!trace) continue;
      const Survivors survivors = mutate_witness(lowering->circuit, *trace, 7);
      EXPECT_TRUE(survivors.names.empty()) << name << " " << survivors.names[0];
      EXPECT_GT(survivors.tried, 1000u);
      ++traces;
      break;
    }
    EXPECT_EQ(traces, 1u) << name << " " << claim;
  }
}

// 200 random rows and the extremes of real models, value by value.
TEST(Models, AgreeWithTheIntegerReference) {
  if (!fs::exists(kShared)) GTEST_SKIP() << kShared << " is not there";
  if (!PythonReference::is_there()) GTEST_SKIP() << "no python3";
  PythonReference reference;
  for (const char* name : {"models/iris_pytorch", "models/agent_FlyBy", "models/acasxu_1_1", "ezkl/1l_softmax"}) {
    const fs::path folder = kShared / name;
    const Graph graph = import_file(folder / (fs::exists(folder / "model.onnx") ? "model.onnx" : "network.onnx"));
    const auto rows = random_rows(graph, 200, -1, 1, 9);
    const auto model = quantise(graph, rows, 16, {});
    ASSERT_TRUE(model.ok()) << model.error().message;
    std::vector<IntegerRow> integers = extreme_rows(model->graph, 20);
    for (const RealRow& row : rows) integers.push_back(quantise_row(model->graph, row)->inputs);
    reference.add(model->graph, model->weights, integers);
  }
  reference.expect_agreement();
}

TEST(Models, Exports) {
  const Case cases[] = {
      {"sklearn_binary", -2, 2, 1e-2},          {"sklearn_multiclass", -2, 2, 1e-2}, {"sklearn_regressor", -2, 2, 1e-2},
      {"sklearn_scaled", -2, 2, 1e-2},          {"torch_mlp", -2, 2, 1e-2},          {"torch_normalised", -2, 2, 1e-2},
      {"torch_normalised_script", -2, 2, 1e-2}, {"torch_image", -2, 2, 1e-2},        {"torch_two_inputs", -2, 2, 1e-2},
      {"torch_two_inputs_script", -2, 2, 1e-2},
  };
  for (const Case& each : cases) run_case(kExports / (std::string(each.path) + ".onnx"), each);
}

}  // namespace
}  // namespace veil
