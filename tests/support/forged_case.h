// A true statement and a false one about the same network, for a forger.
#pragma once

#include <random>

#include "support/forger.h"

namespace veil::testing {

inline MlpOptions smallest_network() {
  MlpOptions options;
  options.widths = {2, 2, 1};
  return options;
}

// C = 2: many rows and no fold of columns. 32: one, 256: three.
inline constexpr unsigned kLogColumns[] = {1, 5, 8};

// A network, an honest run of it, and the same with another output.
struct Case {
  TestCircuit network;
  Setting honest;
  Setting lie;
  OneTimeValues values;

  explicit Case(unsigned log_columns) : network(make_mlp(smallest_network())) {
    std::mt19937_64 random(20);
    honest = make_setting(prepare(network.circuit, log_columns), network.run(network.random_values(random, 3000)));
    values = OneTimeValues::sample(honest.circuit->opening());
    Trace trace = honest.trace;
    ++trace.values[network.output][0];
    lie = with_trace(honest, trace);
    lie.public_values = public_values_of(network.circuit, trace);
  }
};

}  // namespace veil::testing
