// One operator computed in float, for tests: inferred, folded and run as in a model.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graph/float_run.h"
#include "graph/graph_builder.h"
#include "graph/passes.h"

namespace veil {

using Attributes = std::map<std::string, Attribute>;
using Ints = std::vector<std::int64_t>;

// What an operator gets: an input of the model, or a constant.
struct Given {
  Array array;
  bool is_constant = false;
  ElementType type = ElementType::kFloat;
};

inline Given input(GraphShape shape, std::vector<double> data) {
  return {{std::move(shape), std::move(data)}, false, {}};
}
inline Given weight(GraphShape shape, std::vector<double> data) {
  return {{std::move(shape), std::move(data)}, true, {}};
}
inline Given list(std::vector<double> data) {
  const auto length = static_cast<std::int64_t>(data.size());
  return {{{length}, std::move(data)}, true, ElementType::kInt64};
}
inline Given typed(Given given, ElementType type) {
  given.type = type;
  return given;
}

// The output of that number.
inline Result<Array> compute(const std::string& op, const std::vector<std::optional<Given>>& given,
                             Attributes attributes = {}, std::int64_t opset = 17, std::size_t output = 0) {
  GraphBuilder builder(opset);
  std::vector<std::optional<ValueId>> ids;
  std::vector<Array> inputs;
  for (const auto& each : given) {
    if (!each) {
      ids.emplace_back();
    } else if (each->is_constant) {
      ids.emplace_back(builder.constant(each->array, each->type));
    } else {
      ids.emplace_back(builder.input("x" + std::to_string(inputs.size()), each->array.shape, each->type));
      inputs.push_back(each->array);
    }
  }
  ValueId result = builder.node(op, ids, "y", std::move(attributes));
  for (std::size_t i = 0; i < output; ++i) result = builder.second_output("y" + std::to_string(i + 1));
  Graph graph = builder.finish({result});
  VEIL_TRY_STATUS(infer_and_fold(graph));
  if (graph.inputs.empty()) inputs.clear();  // only its shape mattered
  VEIL_TRY(values, run_float(graph, inputs));
  return values[graph.outputs[0]];
}

inline void expect_array(const Result<Array>& got, const GraphShape& shape, const std::vector<double>& data) {
  ASSERT_TRUE(got.ok()) << got.error().message;
  EXPECT_EQ(got->shape, shape);
  ASSERT_EQ(got->data.size(), data.size());
  for (std::size_t i = 0; i < data.size(); ++i)
    EXPECT_NEAR(got->data[i], data[i], 1e-6 * (1 + std::fabs(data[i]))) << i;
}

inline void expect_refused(const Result<Array>& got, const std::string& part) {
  ASSERT_FALSE(got.ok());
  EXPECT_NE(got.error().message.find(part), std::string::npos) << got.error().message;
}

}  // namespace veil
