// Models that are quantised already: their integers are those of the file, not near them.
#include "witness/operator_case.h"

namespace veil {
namespace {

constexpr std::int64_t kInputs = 24, kHidden = 16, kOutputs = 10;

class QuantisedNet {
 public:
  // Layers as converters write them: integers to reals, the product, back to integers.
  Graph build(double hidden_zero_point, bool with_relu) {
    const ValueId x = b_.input("x", {1, kInputs}, ElementType::kInt8);
    ValueId h = layer(x, 0.0381, 4, kInputs, kHidden, "h");
    if (with_relu) h = b_.node("Relu", {h}, "h_relu");
    const ValueId q = quantised(h, 0.0917, hidden_zero_point, "q");
    const ValueId y = layer(q, 0.0917, hidden_zero_point, kHidden, kOutputs, "y");
    Graph graph = b_.finish({quantised(y, 0.0733, 3, "out")});
    const auto status = infer_and_fold(graph);
    EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().message);
    return graph;
  }

 private:
  ValueId number(double value, ElementType type = ElementType::kFloat) { return b_.constant({{}, {value}}, type); }
  ValueId quantised(ValueId x, double scale, double zero_point, const std::string& name) {
    return b_.node("QuantizeLinear", {x, number(scale), number(zero_point, ElementType::kInt8)}, name);
  }
  ValueId real(ValueId x, double scale, double zero_point, const std::string& name) {
    return b_.node("DequantizeLinear", {x, number(scale), number(zero_point, ElementType::kInt8)}, name);
  }
  ValueId layer(ValueId x, double scale, double zero_point, std::int64_t rows, std::int64_t columns,
                const std::string& name) {
    Array weights = random_array({rows, columns}, static_cast<unsigned>(rows), 127);
    for (double& weight : weights.data) weight = std::round(weight);
    const ValueId w = real(b_.constant(weights, ElementType::kInt8), 0.00813, 0, name + "_w");
    const ValueId product = b_.node("MatMul", {real(x, scale, zero_point, name + "_x"), w}, name + "_product");
    return b_.node("Add", {product, b_.constant(random_array({columns}, 5, 1))}, name);
  }

  GraphBuilder b_;
};

std::vector<RealRow> whole_rows(std::size_t count) {
  std::vector<RealRow> rows;
  for (std::size_t r = 0; r < count; ++r) {
    rows.push_back({random_list(static_cast<std::size_t>(kInputs), static_cast<unsigned>(r), 127)});
    for (double& value : rows.back()[0]) value = std::round(value);
  }
  return rows;
}

void expect_exact(double zero_point, bool with_relu, unsigned bits) {
  SCOPED_TRACE(bits);
  const Graph graph = QuantisedNet().build(zero_point, with_relu);
  const auto rows = whole_rows(400);
  const auto model = quantise(graph, {rows.begin(), rows.begin() + 20}, bits, {});
  ASSERT_TRUE(model.ok()) << model.error().message;
  const auto runs = compare_runs(graph, *model, rows);
  ASSERT_TRUE(runs.ok());
  EXPECT_EQ(runs->output.largest, 0);
  double largest = 0;
  for (const double output : runs->real_outputs) largest = std::max(largest, std::fabs(output));
  EXPECT_GT(largest, 100);  // the numbers use the type's range
}

TEST(QuantisedModels, GiveTheIntegersOfTheFile) {
  expect_exact(0, false, 8);
  for (const unsigned bits : {12u, 16u}) {
    expect_exact(-128, true, bits);
    expect_exact(-5, true, bits);
    expect_exact(7, false, bits);
  }
}

TEST(QuantisedModels, AreProven) {
  for (const bool with_relu : {true, false}) {
    std::optional<Exercised> done;
    exercise(QuantisedNet().build(-5, with_relu), whole_rows(10), 16, {}, &done, 12);
    ASSERT_TRUE(done.has_value());
    EXPECT_EQ(done->comparison.output.largest, 0);
  }
}

// Where a Relu is followed by a zero point, the integers in between would not fit.
TEST(QuantisedModels, AreRefusedWhereTheirIntegersDoNotFitTheBits) {
  const auto model = quantise(QuantisedNet().build(-128, true), whole_rows(20), 8, {});
  ASSERT_FALSE(model.ok());
  EXPECT_NE(model.error().message.find("do not fit 8 bits"), std::string::npos) << model.error().message;
  EXPECT_EQ(quantise(QuantisedNet().build(-128, true), whole_rows(20), kAutoBits, {})->graph.bits, 12);
}

}  // namespace
}  // namespace veil
