// Test support: one operator alone. Honest traces on random and extreme rows at every number of bits, the validator,
// the error against float, the mutation test, and the independent evaluator.
#pragma once

#include <cmath>
#include <functional>

#include "base/sanitizers.h"
#include "graph/graph_builder.h"
#include "graph/passes.h"
#include "graph/shape.h"
#include "graph/text.h"
#include "witness/exercise.h"
#include "witness/mutate.h"
#include "witness/reference.h"

namespace veil {

struct OperatorCase {
  std::string name;
  std::function<Graph(GraphBuilder&)> build;
  double range = 2;         // of random inputs
  double tolerance = 1e-3;  // at 16 bits, absolute
  std::string claim = {};
  double grid = 0;  // inputs are multiples of it
  std::size_t mutated_every = 1;
  double missing = 0;  // the share of elements without a value
};

inline std::vector<double> random_list(std::size_t size, unsigned seed, double range = 1) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> number(-range, range);
  std::vector<double> out(size);
  for (double& value : out) value = number(random);
  return out;
}

inline Array random_array(GraphShape shape, unsigned seed, double range = 1) {
  std::vector<double> data = random_list(size_of(shape), seed, range);
  return Array{std::move(shape), std::move(data)};
}

inline std::vector<RealRow> rows_for(const Graph& graph, std::size_t count, const OperatorCase& each) {
  std::vector<RealRow> rows;
  for (std::size_t r = 0; r < count; ++r) {
    rows.emplace_back();
    for (const ValueId id : graph.inputs) {
      rows.back().push_back(
          random_list(size_of(graph.values[id].shape), static_cast<unsigned>(100 + 10 * r + id), each.range));
      std::mt19937_64 coins(r + id);
      for (double& value : rows.back().back()) {
        if (std::uniform_real_distribution<double>(0, 1)(coins) < each.missing) {
          value = std::nan("");
          continue;
        }
        if (each.grid > 0) value = std::round(value / each.grid) * each.grid;
        if (!is_real(graph.values[id].type)) value = std::floor(value);
        if (graph.values[id].type == ElementType::kBool) value = value < 0 ? 0 : 1;
      }
    }
  }
  return rows;
}

inline Graph graph_of(const OperatorCase& each) {
  GraphBuilder builder;
  Graph graph = each.build(builder);
  const auto status = infer_and_fold(graph);
  EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().message);
  return graph;
}

inline void expect_honest_and_close(const OperatorCase& each) {
  const Graph graph = graph_of(each);
  const auto rows = rows_for(graph, 30, each);
  for (const unsigned bits : {8u, 12u, 16u}) {
    SCOPED_TRACE(bits);
    QuantiseOptions options;
    options.claim = each.claim;
    std::optional<Exercised> done;
    exercise(graph, rows, bits, options, &done, 12);
    ASSERT_TRUE(done.has_value());
    const double tolerance = each.tolerance * std::ldexp(1.0, 16 - static_cast<int>(bits));
    EXPECT_LE(done->comparison.output.largest, tolerance);
  }
}

inline void expect_mutations_caught(const QuantisedModel& model, const std::vector<IntegerRow>& candidates,
                                    const LimbWidths& widths, std::size_t every, std::size_t most) {
  SCOPED_TRACE("limbs of " + std::to_string(widths.plain) + " and " + std::to_string(widths.top) + " bits");
  const auto lowering = lower(model.graph, widths);
  ASSERT_TRUE(lowering.ok()) << lowering.error().message;
  std::size_t traces = 0;
  for (const IntegerRow& row : candidates) {
    if (traces == most) break;
    const auto trace = fill_trace(*lowering, model.weights, row);
    if (!trace) continue;  // the claim is not true of it
    ++traces;
    const Survivors survivors = mutate_witness(lowering->circuit, *trace, every);
    EXPECT_TRUE(survivors.names.empty()) << survivors.names.size() << " of " << survivors.tried << ": "
                                         << joined(survivors.names, "; ").substr(0, 500);
  }
  EXPECT_GT(traces, 0u);
}

inline void expect_mutations_caught(const OperatorCase& each) {
  constexpr std::size_t kWideEvery = 5;
  const Graph graph = graph_of(each);
  const auto rows = rows_for(graph, 30, each);
  const std::size_t every = each.mutated_every * (kSanitized ? 29 : 1);
  for (const unsigned bits : {8u, 16u}) {
    SCOPED_TRACE(bits);
    QuantiseOptions options;
    options.claim = each.claim;
    const auto model = quantise(graph, rows, bits, options);
    ASSERT_TRUE(model.ok()) << model.error().message;
    // A random row and extremes, where saturation is at work.
    std::vector<IntegerRow> candidates{quantise_row(model->graph, rows[0])->inputs};
    const auto extremes = extreme_rows(model->graph, 40);
    candidates.insert(candidates.end(), extremes.begin(), extremes.end());
    expect_mutations_caught(*model, candidates, {}, every, 3);
    std::reverse(candidates.begin(), candidates.end());
    expect_mutations_caught(*model, candidates, {kWideLimbBits, kLimbBits}, every * kWideEvery, 1);
    expect_mutations_caught(*model, candidates, {kWideLimbBits, kWideLimbBits}, every * kWideEvery, 1);
  }
}

inline void expect_reference_agrees(const std::vector<OperatorCase>& cases) {
  if (!PythonReference::is_there()) GTEST_SKIP() << "no python3";
  if (kSanitized) GTEST_SKIP() << "the other evaluator is what takes the time";
  PythonReference reference;
  for (const OperatorCase& each : cases) {
    SCOPED_TRACE(each.name);
    const Graph graph = graph_of(each);
    const auto rows = rows_for(graph, 20, each);
    for (const unsigned bits : {8u, 12u, 16u}) {
      QuantiseOptions options;
      options.claim = each.claim;
      const auto model = quantise(graph, rows, bits, options);
      ASSERT_TRUE(model.ok()) << model.error().message;
      std::vector<IntegerRow> integers = extreme_rows(model->graph, 20);
      for (const RealRow& row : rows) integers.push_back(quantise_row(model->graph, row)->inputs);
      reference.add(model->graph, model->weights, integers);
    }
  }
  reference.expect_agreement();
}

}  // namespace veil
