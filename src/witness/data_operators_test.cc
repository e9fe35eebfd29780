// Operators whose places, orders or parameters are data, each alone.
#include "witness/operator_case.h"

namespace veil {
namespace {

using A = std::map<std::string, Attribute>;
using Ints = std::vector<std::int64_t>;

constexpr ElementType kWhole = ElementType::kInt64;

A axis(std::int64_t d) { return {{"axis", d}}; }
A axis_with(std::int64_t d, const std::string& reduction) { return {{"axis", d}, {"reduction", reduction}}; }

struct Cases {
  std::vector<OperatorCase> list = {};

  OperatorCase& add(const std::string& name, std::function<Graph(GraphBuilder&)> build, double tolerance = 2e-3) {
    OperatorCase each{name, std::move(build)};
    each.grid = 1.0 / 32;
    each.tolerance = tolerance;
    each.mutated_every = 11;
    list.push_back(std::move(each));
    return list.back();
  }
};

// Random places are -2, -1, 0 and 1: from either end of every axis here, several times the same.
void add_gathers(Cases& cases) {
  const auto gather = [&](const std::string& name, const std::string& op, GraphShape data, GraphShape places, A a) {
    cases.add(name, [=](GraphBuilder& b) {
      const ValueId x = b.input("x", data);
      return b.finish({b.node(op, {x, b.input("i", places, kWhole)}, "y", a)});
    });
  };
  gather("gather_elements", "GatherElements", {3, 4}, {3, 2}, axis(1));
  gather("gather_elements_first_axis", "GatherElements", {3, 2}, {4, 2}, axis(0));
  gather("gather_elements_of_part", "GatherElements", {2, 3, 2}, {1, 2, 2}, axis(-2));
  gather("gather_nd", "GatherND", {2, 3, 2}, {3, 2}, {});
  gather("gather_nd_places", "GatherND", {3, 2}, {2, 2}, {});
  gather("gather_nd_batch", "GatherND", {2, 3, 2}, {2, 2, 1}, {{"batch_dims", std::int64_t{1}}});
  gather("gather", "Gather", {2, 3, 2}, {2}, axis(1));
  gather("gather_of_many", "GatherElements", {1, 75}, {1, 3}, axis(1));
  gather("gather_nd_of_many", "GatherND", {33, 2}, {2, 2}, {});
  cases.add("gather_elements_of_whole_numbers", [](GraphBuilder& b) {
    const ValueId x = b.input("x", {2, 3}, kWhole);
    return b.finish({b.node("GatherElements", {x, b.input("i", {2, 2}, kWhole)}, "y", axis(1))});
  });
}

void add_scatters(Cases& cases) {
  for (const char* reduction : {"none", "add", "mul", "min", "max"}) {
    const std::string word = reduction;
    cases.add(
        "scatter_elements_" + word,
        [=](GraphBuilder& b) {
          const ValueId x = b.input("x", {2, 3});
          const ValueId places = b.input("i", {2, 2}, kWhole);
          return b.finish({b.node("ScatterElements", {x, places, b.input("u", {2, 2})}, "y", axis_with(1, word))});
        },
        6e-3);
    cases.add(
        "scatter_nd_" + word,
        [=](GraphBuilder& b) {
          const ValueId x = b.input("x", {3, 2});
          const ValueId places = b.input("i", {2, 1}, kWhole);
          return b.finish({b.node("ScatterND", {x, places, b.input("u", {2, 2})}, "y", A{{"reduction", word}})});
        },
        6e-3);
    if (word == "none") continue;
    cases.add(
        "scatter_known_" + word,
        [=](GraphBuilder& b) {
          const ValueId x = b.input("x", {2, 3});
          const ValueId places = b.constant({{2, 3}, {1, -1, 1, 0, 0, 0}}, kWhole);
          return b.finish({b.node("ScatterElements", {x, places, b.input("u", {2, 3})}, "y", axis_with(1, word))});
        },
        1.2e-2);
  }
  cases.add("scatter_elements_of_part", [](GraphBuilder& b) {
    const ValueId x = b.input("x", {3, 3, 2});
    const ValueId places = b.input("i", {2, 2, 1}, kWhole);
    return b.finish({b.node("ScatterElements", {x, places, b.input("u", {2, 2, 1})}, "y", axis(0))});
  });
  cases.add("scatter_nd_places", [](GraphBuilder& b) {
    const ValueId x = b.input("x", {3, 2});
    const ValueId places = b.input("i", {2, 2}, kWhole);
    return b.finish({b.node("ScatterND", {x, places, b.input("u", {2})}, "y")});
  });
}

void add_orders(Cases& cases) {
  const auto top = [&](const std::string& name, GraphShape shape, double count, A attributes, bool places) {
    cases.add(name, [=](GraphBuilder& b) {
      const ValueId values = b.node("TopK", {b.input("x", shape), b.integers({count})}, "v", attributes);
      const ValueId indices = b.second_output("i");
      return b.finish({places ? indices : values});
    });
  };
  const A least{{"largest", std::int64_t{0}}, {"axis", std::int64_t{0}}};
  top("top_values", {2, 5}, 3, {}, false);
  top("top_places", {2, 5}, 5, {}, true);
  top("top_least_values", {4, 2}, 2, least, false);
  top("top_least_places", {3, 2, 2}, 2, least, true);
  top("top_of_two", {2}, 1, {}, true);
  top("top_of_one", {3, 1}, 1, {}, false);
  const auto pool = [&](const std::string& name, GraphShape shape, A attributes) {
    cases.add(name, [=](GraphBuilder& b) {
      b.node("MaxPool", {b.input("x", shape)}, "v", attributes);
      return b.finish({b.second_output("i")});
    });
  };
  pool("max_pool_places", {1, 2, 3, 3}, {{"kernel_shape", Ints{2, 2}}});
  pool("max_pool_places_padded", {2, 1, 3, 2},
       {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 1}}, {"pads", Ints{1, 1, 1, 0}}});
  pool("max_pool_places_by_columns", {1, 1, 4, 3},
       {{"kernel_shape", Ints{2, 2}}, {"storage_order", std::int64_t{1}}, {"dilations", Ints{2, 1}}});
}

// 2 z + 1: never zero.
ValueId odd(GraphBuilder& b, const GraphShape& shape, ElementType type) {
  const ValueId two = b.constant({{}, {2}}, type);
  const ValueId twice = b.node("Mul", {b.input("z", shape, type), two}, "twice");
  return b.node("Add", {twice, b.constant({{}, {1}}, type)}, "odd");
}

void add_quotients(Cases& cases) {
  cases
      .add(
          "divide_whole",
          [](GraphBuilder& b) {
            const ValueId x = b.input("x", {2, 3}, kWhole);
            return b.finish({b.node("Div", {x, odd(b, {3}, kWhole)}, "y")});
          },
          0)
      .range = 20;
  cases
      .add(
          "divide_whole_by_constant",
          [](GraphBuilder& b) {
            const ValueId x = b.input("x", {4}, kWhole);
            return b.finish({b.node("Div", {x, b.constant({{4}, {2, -3, 7, 1}}, kWhole)}, "y")});
          },
          0)
      .range = 20;
  for (const std::int64_t truncated : {0, 1}) {
    cases
        .add(
            "mod_whole_" + std::to_string(truncated),
            [=](GraphBuilder& b) {
              const ValueId x = b.input("x", {2, 3}, kWhole);
              return b.finish({b.node("Mod", {x, odd(b, {2, 1}, kWhole)}, "y", A{{"fmod", truncated}})});
            },
            0)
        .range = 20;
  }
  cases.add("mod_real", [](GraphBuilder& b) {
    const ValueId x = b.input("x", {6});
    const ValueId divisors = b.constant({{6}, {1, -1, 0.5, 0.25, 3, -2}});
    return b.finish({b.node("Mod", {x, divisors}, "y", A{{"fmod", std::int64_t{1}}})});
  });
}

void add_parameters(Cases& cases) {
  cases.add(
      "power_whole",
      [](GraphBuilder& b) {
        const ValueId x = b.input("x", {2, 2}, kWhole);
        return b.finish({b.node("Pow", {x, b.node("Abs", {b.input("z", {2}, kWhole)}, "e")}, "y")});
      },
      0);
  cases.add(
      "power_whole_of_constant",
      [](GraphBuilder& b) {
        const ValueId bases = b.constant({{6}, {2, -1, 1, 3, -2, -3}}, kWhole);
        return b.finish({b.node("Pow", {bases, b.input("z", {6}, kWhole)}, "y")});
      },
      0);
  cases.add(
      "power_real",
      [](GraphBuilder& b) {
        const ValueId x = b.node("Add", {b.node("Abs", {b.input("x", {3})}, "a"), b.constant({{}, {0.5}})}, "s");
        return b.finish({b.node("Pow", {x, b.input("z", {3})}, "y")});
      },
      2e-2);
  cases.add("prelu", [](GraphBuilder& b) {
    return b.finish({b.node("PRelu", {b.input("x", {2, 3}), b.input("s", {3})}, "y")});
  });
  cases.add(
      "batch_normalization",
      [](GraphBuilder& b) {
        const ValueId spread = b.node("Add", {b.node("Abs", {b.input("v", {2})}, "a"), b.constant({{}, {0.5}})}, "s");
        return b.finish(
            {b.node("BatchNormalization",
                    {b.input("x", {1, 2, 2}), b.input("f", {2}), b.input("a", {2}), b.input("m", {2}), spread}, "y")});
      },
      2e-2);
}

std::vector<OperatorCase> cases() {
  Cases cases;
  add_gathers(cases);
  add_scatters(cases);
  add_orders(cases);
  add_quotients(cases);
  add_parameters(cases);
  return cases.list;
}

class DataOperators : public testing::TestWithParam<OperatorCase> {};

TEST_P(DataOperators, HonestTracesAreAcceptedAndCloseToFloat) { expect_honest_and_close(GetParam()); }
TEST_P(DataOperators, EveryMutationOfTheWitnessIsCaught) { expect_mutations_caught(GetParam()); }
TEST(DataOperatorsReference, AgreeWithTheIndependentEvaluator) { expect_reference_agrees(cases()); }

INSTANTIATE_TEST_SUITE_P(All, DataOperators, testing::ValuesIn(cases()),
                         [](const testing::TestParamInfo<OperatorCase>& each) { return each.param.name; });

}  // namespace
}  // namespace veil
