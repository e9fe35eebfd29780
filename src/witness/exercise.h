// Test support: everything that must hold of one model and some rows, whatever the model is.
#pragma once

#include <gtest/gtest.h>

#include <random>

#include "circuit/validate.h"
#include "ops/choose_bits.h"
#include "ops/evaluate.h"
#include "witness/witness.h"

namespace veil {

// Rows of integers at the ends of every input's range: all low, all high, alternating, zero, random corners, random.
inline std::vector<IntegerRow> extreme_rows(const QuantisedGraph& graph, std::size_t random_rows, unsigned seed = 7) {
  std::mt19937_64 random(seed);
  std::vector<IntegerRow> rows(4 + 2 * random_rows);
  for (const QuantisedInput& input : graph.inputs) {
    const IntegerRange range = input_range(graph, input);
    const auto span = static_cast<std::uint64_t>(range.high - range.low + 1);
    const auto size = static_cast<std::size_t>(graph.values[input.value].size);
    for (std::size_t r = 0; r < rows.size(); ++r) {
      std::vector<std::int64_t> list(size);
      for (std::size_t i = 0; i < size; ++i) {
        const bool coin = r == 0 ? false : r == 1 ? true : r == 2 ? i % 2 == 0 : random() % 2 == 0;
        list[i] = coin ? range.high : range.low;
        if (r == 3) list[i] = 0;
        if (r >= 4 + random_rows) list[i] = range.low + static_cast<std::int64_t>(random() % span);
      }
      rows[r].push_back(std::move(list));
    }
  }
  return rows;
}

// The trace of one row keeps every constraint and agrees with the integer run, value by value.
inline void expect_honest_trace(const QuantisedModel& model, const Lowering& lowering, IntegerRunner& runner,
                                const IntegerRow& row) {
  auto ran = runner.run(row);
  ASSERT_TRUE(ran.ok()) << ran.error().message;
  auto trace = fill_trace_of_any_claim(lowering, model.weights, row);
  ASSERT_TRUE(trace.ok()) << trace.error().message;
  const bool holds = claim_holds(lowering, *trace);
  const auto broken = check_trace(lowering.circuit, *trace);
  EXPECT_EQ(!holds, broken.has_value()) << broken.value_or("");
  EXPECT_EQ(runner.claim_holds().value(), holds);
  for (std::size_t id = 0; id < lowering.circuit.tensors.size(); ++id) {
    const Tensor& tensor = lowering.circuit.tensors[id];
    if (tensor.name.starts_with("multiplicity/") || !holds) continue;
    for (const std::int64_t value : trace->values[id]) {
      ASSERT_TRUE(tensor.low <= value && value <= tensor.high) << tensor.name << " " << value;
    }
  }
  for (QuantId id = 0; id < model.graph.values.size(); ++id) {
    if (lowering.activations[id].form.empty()) continue;  // not lowered
    ASSERT_EQ(runner.values()[id], activation_values(lowering, *trace, id)) << model.graph.values[id].name;
    for (const std::int64_t value : runner.values()[id]) ASSERT_TRUE(lowering.analysis.ranges[id].contains(value));
  }
  if (lowering.output) {
    EXPECT_EQ(trace->values[*lowering.output], runner.output());
  }
}

// The description survives its own reading, and is the one that the model file gives again.
inline void expect_reproducible(const Graph& graph, const QuantisedModel& model) {
  const std::string json = quantised_graph_json(model.graph);
  const auto read = read_quantised_graph(json);
  ASSERT_TRUE(read.ok()) << json;
  EXPECT_EQ(quantised_graph_json(*read), json);
  const auto again = requantise(graph, *read);
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(again->weights.tensors, model.weights.tensors);
}

struct Exercised {
  QuantisedModel model;
  Lowering lowering;
  RunComparison comparison;
};

// Limbs of the other widths: accepted, with the same results. One row and extremes.
inline void expect_wide_limbs(const QuantisedModel& model, IntegerRunner& runner, const RealRow& row) {
  for (const LimbWidths& widths : {LimbWidths{kWideLimbBits, kLimbBits}, LimbWidths{kWideLimbBits, kWideLimbBits}}) {
    SCOPED_TRACE("limbs of " + std::to_string(widths.plain) + " and " + std::to_string(widths.top) + " bits");
    const auto lowering = lower(model.graph, widths);
    ASSERT_TRUE(lowering.ok()) << lowering.error().message;
    const Verdict verdict = validate_circuit(lowering->circuit);
    EXPECT_TRUE(verdict.accepted()) << verdict.name() << " " << verdict.detail();
    expect_honest_trace(model, *lowering, runner, quantise_row(model.graph, row)->inputs);
    for (const IntegerRow& extreme : extreme_rows(model.graph, 1)) {
      expect_honest_trace(model, *lowering, runner, extreme);
    }
  }
}

inline void exercise(const Graph& graph, const std::vector<RealRow>& rows, unsigned bits,
                     const QuantiseOptions& options, std::optional<Exercised>* out = nullptr,
                     std::size_t random_rows = 3) {
  auto model = quantise(graph, rows, bits, options);
  ASSERT_TRUE(model.ok()) << model.error().message;
  expect_reproducible(graph, *model);
  auto lowering = lower(model->graph);
  ASSERT_TRUE(lowering.ok()) << lowering.error().message;
  const Verdict verdict = validate_circuit(lowering->circuit);
  ASSERT_TRUE(verdict.accepted()) << verdict.name() << " " << verdict.detail();
  auto runner = IntegerRunner::create(model->graph, model->weights);
  ASSERT_TRUE(runner.ok()) << runner.error().message;
  for (std::size_t i = 0; i < rows.size() && i < 4; ++i) {
    auto row = quantise_row(model->graph, rows[i]);
    ASSERT_TRUE(row.ok()) << row.error().message;
    EXPECT_TRUE(row->saturated.empty());
    expect_honest_trace(*model, *lowering, *runner, row->inputs);
  }
  for (const IntegerRow& row : extreme_rows(model->graph, random_rows)) {
    expect_honest_trace(*model, *lowering, *runner, row);
  }
  if (!rows.empty()) expect_wide_limbs(*model, *runner, rows[0]);
  auto comparison = compare_runs(graph, *model, rows);
  ASSERT_TRUE(comparison.ok()) << comparison.error().message;
  if (out != nullptr) out->emplace(Exercised{std::move(*model), std::move(*lowering), std::move(*comparison)});
}

}  // namespace veil
