// Random chains of operators: whatever is stacked on what, the circuit is valid, honest traces keep it, and mutations
// break it. Completeness (no input makes the prover fail) is where combinations matter.
#include <cmath>

#include "base/sanitizers.h"
#include "graph/float_run.h"
#include "graph/graph_builder.h"
#include "graph/passes.h"
#include "graph/text.h"
#include "witness/exercise.h"
#include "witness/mutate.h"

namespace veil {
namespace {

using Attributes = std::map<std::string, Attribute>;

class RandomGraph {
 public:
  explicit RandomGraph(unsigned seed) : random_(seed) {}

  Graph build() {
    const std::int64_t rows = below(4) == 0 ? 2 : 1;
    const std::int64_t width = 2 + below(3);
    pool_.push_back({builder_.input("x", {rows, width}), {rows, width}});
    if (below(2) == 0) pool_.push_back({builder_.input("z", {rows, width}), {rows, width}});
    const std::int64_t steps = 2 + below(5);
    for (std::int64_t i = 0; i < steps; ++i) pool_.push_back(step("v" + std::to_string(i)));
    return builder_.finish({pool_.back().id});
  }

 private:
  struct Value {
    ValueId id;
    GraphShape shape;
  };

  std::int64_t below(std::int64_t limit) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(limit));
  }
  double number() { return static_cast<double>(below(4001) - 2000) / 1000; }
  ValueId constant(GraphShape shape) {
    Array array{shape, {}};
    std::int64_t size = 1;
    for (const std::int64_t length : shape) size *= length;
    for (std::int64_t i = 0; i < size; ++i) array.data.push_back(number());
    return builder_.constant(std::move(array));
  }
  ValueId scalar(double value) { return builder_.constant({{}, {value}}); }

  Value step(const std::string& name) {
    const Value x =
        below(3) == 0 ? pool_[static_cast<std::size_t>(below(static_cast<std::int64_t>(pool_.size())))] : pool_.back();
    const auto same = [&](const std::string& op, std::vector<std::optional<ValueId>> inputs,
                          Attributes attributes = {}) {
      return Value{builder_.node(op, std::move(inputs), name, std::move(attributes)), x.shape};
    };
    switch (below(13)) {
      case 0:
        return same("Relu", {x.id});
      case 1:
        return same("LeakyRelu", {x.id}, {{"alpha", number()}});
      case 2:
        return same("Sigmoid", {x.id});
      case 3:
        return same("Tanh", {x.id});
      case 4: {
        const double low = number();
        return same("Clip", {x.id, scalar(low), scalar(low + 1 + number() / 2)});
      }
      case 5:
        return same("Mul", {x.id, constant({x.shape[1]})});
      case 6:
        return same("Sub", {scalar(number()), x.id});
      case 7:
      case 8:
        return pairwise(x, name);
      case 9: {
        const std::int64_t side = below(2);
        GraphShape shape = x.shape;
        shape[static_cast<std::size_t>(side)] *= 2;
        return {builder_.node("Concat", {x.id, x.id}, name, {{"axis", side}}), shape};
      }
      default: {
        const std::int64_t width = 1 + below(4);
        return {builder_.node("Gemm", {x.id, constant({x.shape[1], width}), constant({width})}, name),
                {x.shape[0], width}};
      }
    }
  }

  Value pairwise(const Value& x, const std::string& name) {
    static const char* const kOperators[] = {"Add", "Sub", "Mul"};
    for (const Value& other : pool_) {
      if (other.shape == x.shape && below(2) == 0)
        return {builder_.node(kOperators[below(3)], {x.id, other.id}, name), x.shape};
    }
    return {builder_.node("Add", {x.id, x.id}, name), x.shape};
  }

  std::mt19937_64 random_;
  GraphBuilder builder_;
  std::vector<Value> pool_;
};

// True of the row, but for rounding: a threshold beside an element, or the argmax.
std::string random_claim(const Graph& graph, const RealRow& row, unsigned seed) {
  const auto arrays = input_arrays(graph, row);
  const auto values = run_float(graph, *arrays);
  const std::vector<double>& output = (*values)[graph.outputs[0]].data;
  if (seed % 3 == 1 && output.size() > 1) return "argmax == " + std::to_string(argmax_of(output));
  const std::size_t element = seed % output.size();
  const bool above = seed % 2 == 0;
  return "y[" + std::to_string(element) + "]" + (above ? " >= " : " < ") +
         std::to_string(output[element] + (above ? -0.02 : 0.02));
}

TEST(RandomGraphs, AreLoweredSoundlyAndCompletely) {
  int done_count = 0;
  for (unsigned seed = 0; seed < (kSanitized ? 30u : 150u); ++seed) {
    SCOPED_TRACE(seed);
    Graph graph = RandomGraph(seed).build();
    if (!infer_and_fold(graph).ok() || graph.inputs.empty()) continue;
    std::mt19937_64 random(seed + 1000);
    std::vector<RealRow> rows(12);
    for (RealRow& row : rows) {
      for (const ValueId id : graph.inputs) {
        row.emplace_back();
        for (std::int64_t i = 0; i < graph.values[id].shape[0] * graph.values[id].shape[1]; ++i) {
          row.back().push_back(static_cast<double>(random() % 4001) / 1000 - 2);
        }
      }
    }
    for (const unsigned bits : {8u, 12u, 16u}) {
      SCOPED_TRACE(bits);
      const QuantiseOptions options{true, seed % 3 == 0 ? "" : random_claim(graph, rows[0], seed), {}, {}};
      const auto model = quantise(graph, rows, bits, options);
      const auto lowering = model ? lower(model->graph) : Result<Lowering>(model.error());
      if (!lowering) {
        // Claims that saturation decides, or that the ranges do.
        EXPECT_NE(lowering.error().message.find("whatever the input is"), std::string::npos)
            << lowering.error().message;
        continue;
      }
      std::optional<Exercised> done;
      exercise(graph, rows, bits, options, &done, 6);
      if (!done) continue;
      ++done_count;
      double largest = 0.01;
      for (const double value : done->comparison.real_outputs) largest = std::max(largest, std::fabs(value));
      if (bits == 16 && done->comparison.output.largest > 0.02 * largest) {
        ADD_FAILURE() << "error " << done->comparison.output.largest << " of " << largest << "\n"
                      << quantised_graph_json(done->model.graph);
      }
      const auto trace =
          fill_trace(done->lowering, done->model.weights, quantise_row(done->model.graph, rows[0])->inputs);
      if (!trace) continue;  // rounding made the claim false
      const Survivors survivors = mutate_witness(done->lowering.circuit, *trace, 3);
      EXPECT_TRUE(survivors.names.empty()) << joined(survivors.names, "; ").substr(0, 500);
    }
  }
  EXPECT_GT(done_count, kSanitized ? 50 : 250);
}

}  // namespace
}  // namespace veil
