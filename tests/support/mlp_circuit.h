// A small multilayer perceptron as a circuit, built by hand: the proof wing's tests need no model wing.
// x (5) -> 4 -> 3 -> 1, 16-bit values, rescale with saturation, relu, threshold claim or public output.
#pragma once

#include <functional>
#include <random>
#include <vector>

#include "circuit/circuit.h"
#include "circuit/range.h"
#include "circuit/trace.h"

namespace veil::testing {

struct TestCircuit {
  Circuit circuit;
  std::vector<std::function<void(const Circuit&, Trace&)>> steps;
  std::vector<TensorId> given;  // model and input tensors, in order
  TensorId output = 0;          // the public tensor, when the output is revealed

  // Fills the trace from the given tensors.
  Trace run(const std::vector<std::vector<std::int64_t>>& values) const;
  std::vector<std::vector<std::int64_t>> random_values(std::mt19937_64& random, std::int64_t magnitude) const;
  // Of such values the model's, by TensorId: what setup takes.
  std::vector<std::vector<std::int64_t>> weights_of(const std::vector<std::vector<std::int64_t>>& values) const;
};

struct MlpOptions {
  std::vector<std::int64_t> widths{5, 4, 3, 1};
  unsigned shift = 12;
  bool reveal = true;  // public output; otherwise the claim output >= threshold
  std::int64_t threshold = 0;
};

TestCircuit make_mlp(const MlpOptions& options);

// The same network in plain integers, without any circuit.
std::vector<std::int64_t> run_mlp(const MlpOptions& options, const std::vector<std::vector<std::int64_t>>& values);

}  // namespace veil::testing
