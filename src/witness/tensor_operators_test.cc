// Operators on tensors of several axes, each alone: convolutions, pools, views, comparisons, quotients.
#include "witness/operator_case.h"

namespace veil {
namespace {

using A = std::map<std::string, Attribute>;
using Ints = std::vector<std::int64_t>;

ElementType bool_type() { return ElementType::kBool; }

std::vector<OperatorCase> cases() {
  std::vector<OperatorCase> out;
  const auto add = [&](const std::string& name, std::function<Graph(GraphBuilder&)> build, double tolerance = 2e-3) {
    OperatorCase each{name, std::move(build)};
    each.grid = 1.0 / 32;
    each.tolerance = tolerance;
    each.mutated_every = 5;
    out.push_back(std::move(each));
  };
  // One node on one input.
  const auto on = [&](const std::string& name, const std::string& op, GraphShape shape, A attributes,
                      std::vector<Array> constants = {}, double tolerance = 2e-3) {
    add(
        name,
        [=](GraphBuilder& b) {
          std::vector<std::optional<ValueId>> inputs{b.input("x", shape)};
          for (const Array& constant : constants) inputs.emplace_back(b.constant(constant));
          return b.finish({b.node(op, inputs, "y", attributes)});
        },
        tolerance);
  };
  const auto conv = [&](const std::string& name, GraphShape shape, GraphShape weights, A attributes, bool bias = true) {
    std::vector<Array> constants{random_array(weights, 1)};
    if (bias) constants.push_back(random_array({weights[0]}, 2));
    on(name, "Conv", std::move(shape), std::move(attributes), std::move(constants), 4e-3);
  };
  conv("conv", {1, 2, 5, 4}, {3, 2, 3, 2}, {});
  conv("conv_1d", {1, 2, 7}, {2, 2, 3}, {{"pads", Ints{1, 2}}});
  conv("conv_3d", {1, 1, 3, 3, 3}, {2, 1, 2, 2, 2}, {{"strides", Ints{1, 2, 1}}}, false);
  conv("conv_batch", {2, 1, 4, 3}, {2, 1, 2, 2}, {});
  conv("conv_padded", {1, 2, 4, 4}, {2, 2, 3, 3}, {{"pads", Ints{1, 0, 2, 1}}, {"strides", Ints{2, 1}}});
  conv("conv_dilated", {1, 1, 6, 5}, {2, 1, 2, 2}, {{"dilations", Ints{3, 2}}, {"pads", Ints{2, 1, 1, 1}}});
  conv("conv_same_upper", {1, 1, 5, 4}, {1, 1, 2, 3},
       {{"auto_pad", std::string("SAME_UPPER")}, {"strides", Ints{2, 2}}});
  conv("conv_groups", {1, 4, 3, 3}, {6, 2, 2, 2}, {{"group", std::int64_t{2}}});
  conv("conv_depthwise", {1, 3, 4, 3}, {3, 1, 3, 3}, {{"group", std::int64_t{3}}, {"pads", Ints{1, 1, 1, 1}}});
  add(
      "quantised_product",  // rounded once, by the product's own rescale
      [](GraphBuilder& b) {
        const ValueId x = b.input("x", {1, 4});
        const ValueId h = b.node("MatMul", {x, b.constant(random_array({4, 3}, 8))}, "h");
        const ValueId zero_point = b.constant({{}, {3}}, ElementType::kInt8);
        return b.finish({b.node("QuantizeLinear", {h, b.constant({{}, {0.0517}}), zero_point}, "y")});
      },
      1.01);
  add(
      "conv_relu_conv",  // the Relu is where the first rescale saturates
      [](GraphBuilder& b) {
        const ValueId x = b.input("x", {1, 1, 4, 4});
        const ValueId h = b.node("Conv", {x, b.constant(random_array({2, 1, 2, 2}, 9))}, "h");
        const ValueId r = b.node("Relu", {h}, "r");
        const ValueId p = b.node("MaxPool", {r}, "p", {{"kernel_shape", Ints{2, 2}}});
        return b.finish({b.node("Conv", {p, b.constant(random_array({1, 2, 2, 2}, 10))}, "y")});
      },
      8e-3);
  add(
      "sum_relu_product",
      [](GraphBuilder& b) {
        const ValueId x = b.input("x", {1, 3});
        const ValueId r = b.node("Relu", {b.node("Add", {x, b.input("z", {1, 3})}, "s")}, "r");
        return b.finish({b.node("MatMul", {r, b.constant(random_array({3, 2}, 11))}, "y")});
      },
      8e-3);
  conv("conv_pointwise", {1, 3, 2, 3}, {2, 3, 1, 1}, {});
  const auto transposed = [&](const std::string& name, GraphShape shape, GraphShape weights, A attributes) {
    on(name, "ConvTranspose", std::move(shape), std::move(attributes), {random_array(weights, 3)}, 4e-3);
  };
  transposed("conv_transpose", {1, 2, 3, 2}, {2, 3, 2, 2}, {});
  transposed("conv_transpose_strided", {1, 1, 3, 2}, {1, 2, 3, 3},
             {{"strides", Ints{2, 3}}, {"pads", Ints{1, 0, 0, 1}}, {"output_padding", Ints{1, 0}}});
  transposed("conv_transpose_groups", {1, 2, 3}, {2, 2, 3}, {{"group", std::int64_t{2}}, {"dilations", Ints{2}}});
  on("max_pool", "MaxPool", {1, 2, 4, 4}, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}});
  on("max_pool_padded", "MaxPool", {1, 1, 5, 4},
     {{"kernel_shape", Ints{3, 3}}, {"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}});
  on("max_pool_ceil", "MaxPool", {1, 1, 5},
     {{"kernel_shape", Ints{2}}, {"strides", Ints{2}}, {"ceil_mode", std::int64_t{1}}});
  on("average_pool", "AveragePool", {1, 2, 4, 5}, {{"kernel_shape", Ints{2, 3}}});
  on("average_pool_padded", "AveragePool", {1, 1, 4, 4},
     {{"kernel_shape", Ints{3, 3}}, {"pads", Ints{1, 1, 1, 1}}, {"strides", Ints{2, 1}}});
  on("average_pool_count", "AveragePool", {1, 1, 4, 4},
     {{"kernel_shape", Ints{3, 3}}, {"pads", Ints{1, 1, 1, 1}}, {"count_include_pad", std::int64_t{1}}});
  add(
      "network",
      [](GraphBuilder& b) {
        const ValueId x = b.input("x", {1, 1, 6, 6});
        const ValueId c =
            b.node("Conv", {x, b.constant(random_array({2, 1, 3, 3}, 4)), b.constant(random_array({2}, 5))}, "c",
                   A{{"pads", Ints{1, 1, 1, 1}}});
        const ValueId n = b.node("BatchNormalization",
                                 {c, b.constant({{2}, {1, 2}}), b.constant({{2}, {0.5, -0.5}}),
                                  b.constant({{2}, {0.1, 0.2}}), b.constant({{2}, {0.9, 1.1}})},
                                 "n");
        const ValueId r = b.node("Relu", {n}, "r");
        const ValueId p = b.node("MaxPool", {r}, "p", A{{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}});
        const ValueId f = b.node("Flatten", {p}, "f");
        return b.finish({b.node("Gemm", {f, b.constant(random_array({18, 3}, 6))}, "y")});
      },
      1e-2);
  add(
      "residual",
      [](GraphBuilder& b) {
        const ValueId x = b.input("x", {1, 2, 3, 3});
        const ValueId c =
            b.node("Conv", {x, b.constant(random_array({2, 2, 3, 3}, 7))}, "c", A{{"pads", Ints{1, 1, 1, 1}}});
        const ValueId s = b.node("Add", {c, x}, "s");
        return b.finish({b.node("ReduceMean", {b.node("Relu", {s}, "r")}, "y", A{{"axes", Ints{2, 3}}})});
      },
      4e-3);

  // ---- views
  on("transpose", "Transpose", {2, 3, 4}, {{"perm", Ints{2, 0, 1}}});
  add("transpose_reshaped", [](GraphBuilder& b) {
    const ValueId x = b.input("x", {2, 6});
    const ValueId r = b.node("Reshape", {x, b.integers({2, 3, 2})}, "r");
    const ValueId t = b.node("Transpose", {r}, "t", A{{"perm", Ints{2, 1, 0}}});
    const ValueId f = b.node("Reshape", {t, b.integers({4, 3})}, "f");
    return b.finish({b.node("MatMul", {f, b.constant(random_array({3, 2}, 8))}, "y")});
  });
  add("slice", [](GraphBuilder& b) {
    const ValueId x = b.input("x", {4, 5});
    return b.finish(
        {b.node("Slice", {x, b.integers({3, 1}), b.integers({0, 5}), b.integers({0, 1}), b.integers({-2, 2})}, "y")});
  });
  add("gather_constant", [](GraphBuilder& b) {
    const ValueId x = b.input("x", {2, 5});
    return b.finish({b.node("Gather", {x, b.integers({4, 0, 0, -3})}, "y", A{{"axis", std::int64_t{1}}})});
  });
  add("expand", [](GraphBuilder& b) {
    const ValueId x = b.input("x", {3, 1});
    return b.finish({b.node("Expand", {x, b.integers({2, 3, 2})}, "y")});
  });
  add("add_broadcast", [](GraphBuilder& b) {
    const ValueId x = b.input("x", {2, 1, 3});
    const ValueId z = b.input("z", {4, 1});
    return b.finish({b.node("Add", {x, z}, "y")});
  });
  add("multiply_broadcast", [](GraphBuilder& b) {
    const ValueId x = b.input("x", {2, 1, 3});
    const ValueId z = b.input("z", {4, 1});
    return b.finish({b.node("Mul", {x, z}, "y")});
  });
  add("concat_constant", [](GraphBuilder& b) {
    const ValueId x = b.input("x", {2, 3});
    return b.finish({b.node("Concat", {x, b.constant(random_array({2, 1}, 9))}, "y", A{{"axis", std::int64_t{1}}})});
  });
  add("concat_of_slices", [](GraphBuilder& b) {
    const ValueId x = b.input("x", {2, 6});
    const ValueId r = b.node("Relu", {x}, "r");
    const auto part = [&](double from, double to, const std::string& name) {
      return b.node("Slice", {r, b.integers({from}), b.integers({to}), b.integers({1})}, name);
    };
    return b.finish({b.node("Concat", {part(3, 6, "p"), part(0, 2, "q")}, "y", A{{"axis", std::int64_t{-1}}})});
  });
  // ---- products of activations
  add(
      "matmul_activations",
      [](GraphBuilder& b) {
        const ValueId x = b.input("x", {2, 3, 4});
        const ValueId z = b.input("z", {2, 4, 2});
        return b.finish({b.node("MatMul", {x, z}, "y")});
      },
      8e-3);
  add(
      "attention_scores",
      [](GraphBuilder& b) {
        const ValueId x = b.input("x", {3, 4});
        const ValueId h = b.node("MatMul", {x, b.constant(random_array({4, 4}, 10))}, "h");
        const ValueId q =
            b.node("Transpose", {b.node("Reshape", {h, b.integers({3, 2, 2})}, "hr")}, "q", A{{"perm", Ints{1, 0, 2}}});
        const ValueId k =
            b.node("Transpose", {b.node("Reshape", {x, b.integers({3, 2, 2})}, "xr")}, "k", A{{"perm", Ints{1, 2, 0}}});
        return b.finish({b.node("MatMul", {q, k}, "y")});
      },
      2e-2);
  // ---- arithmetic
  on("abs", "Abs", {2, 3}, {});
  on("reduce_sum", "ReduceSum", {2, 3, 2}, {{"keepdims", std::int64_t{0}}}, {}, 1e-2);
  add(
      "divide_activations",
      [](GraphBuilder& b) {
        const ValueId x = b.input("x", {2, 3});
        const ValueId z = b.input("z", {2, 3});
        const ValueId d = b.node("Add", {b.node("Abs", {z}, "a"), b.constant({{}, {1}})}, "d");
        return b.finish({b.node("Div", {x, d}, "y")});
      },
      4e-3);
  add(
      "divide_by_either_sign",
      [](GraphBuilder& b) {
        const ValueId x = b.input("x", {2, 3});
        const ValueId z = b.input("z", {2, 3});
        const ValueId s = b.node("Mul", {b.node("Abs", {z}, "a"), b.constant({{3}, {1, -1, 1}})}, "s");
        return b.finish({b.node("Div", {x, b.node("Add", {s, b.constant({{3}, {1, -1, 2}})}, "d")}, "y")});
      },
      4e-3);
  add("maximum", [](GraphBuilder& b) {
    const ValueId x = b.input("x", {2, 3});
    return b.finish({b.node("Max", {x, b.input("z", {3}), b.constant({{}, {-0.5}})}, "y")});
  });
  add("minimum", [](GraphBuilder& b) {
    const ValueId x = b.input("x", {2, 3});
    return b.finish({b.node("Min", {x, b.input("z", {2, 1})}, "y")});
  });
  add("square", [](GraphBuilder& b) {
    const ValueId x = b.input("x", {5});
    return b.finish({b.node("Pow", {x, b.constant({{}, {2}})}, "y")});
  });
  add(
      "sums_of_repeated",
      [](GraphBuilder& b) {
        const ValueId x = b.input("x", {3, 1});
        const ValueId e =
            b.node("Expand", {b.node("Clip", {x, b.constant({{}, {0.25}})}, "c"), b.integers({3, 4})}, "e");
        const ValueId s = b.node("ReduceSum", {e, b.integers({1})}, "s");
        const ValueId m = b.node("MatMul", {e, b.node("Transpose", {e}, "t")}, "m");
        return b.finish({b.node("Add", {s, m}, "y")});
      },
      2e-2);
  on("softmax_rows", "Softmax", {3, 4}, {{"axis", std::int64_t{1}}}, {}, 1e-3);
  on("softmax_middle", "Softmax", {2, 3, 2}, {{"axis", std::int64_t{1}}}, {}, 1e-3);
  // ---- tables
  for (const char* op : {"Exp", "Erf", "Gelu", "Softplus", "Softsign", "Mish", "Elu", "Celu", "Selu", "HardSwish",
                         "Sin", "Cos", "Atan", "Sinh", "Cosh", "Asinh", "HardSigmoid"}) {
    on(op, op, {6}, {}, {}, 6e-3);
  }
  const auto of_positive = [&](const std::string& op, double from) {
    add(
        op,
        [op, from](GraphBuilder& b) {
          const ValueId x = b.node("Abs", {b.input("x", {6})}, "a");
          return b.finish({b.node(op, {b.node("Add", {x, b.constant({{}, {from}})}, "s")}, "y")});
        },
        6e-3);
  };
  of_positive("Sqrt", 0.5);
  of_positive("Log", 0.5);
  of_positive("Reciprocal", 0.5);
  of_positive("Acosh", 1.25);
  add(
      "power",
      [](GraphBuilder& b) {
        return b.finish({b.node("Pow", {b.input("x", {6}), b.constant({{}, {3}})}, "y")});
      },
      2e-2);
  // ---- whole numbers
  add("equal", [](GraphBuilder& b) {
    const ValueId x = b.input("x", {2, 4});
    return b.finish({b.node("Equal", {x, b.input("z", {2, 1})}, "y")});
  });
  add("where", [](GraphBuilder& b) {
    const ValueId c = b.input("c", {2, 1}, bool_type());
    const ValueId x = b.input("x", {2, 3});
    return b.finish({b.node("Where", {c, x, b.constant({{3}, {1, -2, 0.5}})}, "y")});
  });
  on("argmax", "ArgMax", {3, 5}, {{"axis", std::int64_t{1}}});
  on("argmax_last", "ArgMax", {4, 2},
     {{"axis", std::int64_t{0}}, {"select_last_index", std::int64_t{1}}, {"keepdims", std::int64_t{0}}});
  add("gather_elements", [](GraphBuilder& b) {
    const ValueId x = b.input("x", {3, 3});
    const ValueId places = b.constant({{2, 3}, {1, 2, 0, -1, 0, 0}}, ElementType::kInt64);
    return b.finish({b.node("GatherElements", {x, places}, "y", A{{"axis", std::int64_t{0}}})});
  });
  add("scatter_elements", [](GraphBuilder& b) {
    const ValueId x = b.input("x", {3, 3});
    const ValueId places = b.constant({{2, 3}, {1, 0, 2, 0, 2, 1}}, ElementType::kInt64);
    return b.finish({b.node("ScatterElements", {x, places, b.input("z", {2, 3})}, "y")});
  });
  add("gather_by_data", [](GraphBuilder& b) {
    const ValueId x = b.input("x", {2}, ElementType::kInt64);
    return b.finish({b.node("Gather", {b.constant(random_array({4, 3}, 11)), x}, "y")});
  });
  add("cast", [](GraphBuilder& b) {
    const ValueId x = b.input("x", {5});
    return b.finish({b.node("Cast", {x}, "y", A{{"to", std::int64_t{7}}})});
  });
  return out;
}

class TensorOperators : public testing::TestWithParam<OperatorCase> {};

TEST_P(TensorOperators, HonestTracesAreAcceptedAndCloseToFloat) { expect_honest_and_close(GetParam()); }
TEST_P(TensorOperators, EveryMutationOfTheWitnessIsCaught) { expect_mutations_caught(GetParam()); }
TEST(TensorOperatorsReference, AgreeWithTheIndependentEvaluator) { expect_reference_agrees(cases()); }

INSTANTIATE_TEST_SUITE_P(All, TensorOperators, testing::ValuesIn(cases()),
                         [](const testing::TestParamInfo<OperatorCase>& each) { return each.param.name; });

}  // namespace
}  // namespace veil
