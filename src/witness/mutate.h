// Test support: changes every committed entry of a trace in several ways; each change must break a constraint, with the
// multiplicities counted again (attacks, spec/FINDINGS.md 2.2).
#pragma once

#include <string>
#include <vector>

#include "circuit/trace.h"

namespace veil {

inline std::vector<std::int64_t> mutations_of(std::int64_t value) {
  std::vector<std::int64_t> out{value + 1,         value - 1,         -value, value ^ 1, value + 256, value - 256,
                                value + (1 << 16), value - (1 << 16), 0,      1};
  for (const unsigned k : {1u, 2u, 4u, 7u, 12u, 15u, 24u, 31u, 40u}) out.push_back(value + (std::int64_t{1} << k));
  std::erase(out, value);
  return out;
}

struct Survivors {
  std::size_t tried = 0;
  std::vector<std::string> names;  // tensor[element]: old -> new
};

// Of all witness tensors but multiplicities. `stride`: only every so many-th element of each tensor.
inline Survivors mutate_witness(const Circuit& circuit, const Trace& honest, std::size_t stride = 1) {
  Survivors out;
  Trace trace = honest;
  for (std::size_t id = 0; id < circuit.tensors.size(); ++id) {
    const Tensor& tensor = circuit.tensors[id];
    if (tensor.owner != Owner::kWitness || tensor.name.starts_with("multiplicity/")) continue;
    for (std::size_t i = 0; i < trace.values[id].size(); i += stride) {
      const std::int64_t old = honest.values[id][i];
      for (const std::int64_t changed : mutations_of(old)) {
        trace.values[id][i] = changed;
        ++out.tried;
        if (!check_trace(circuit, trace, false)) {
          out.names.push_back(tensor.name + "[" + std::to_string(i) + "]: " + std::to_string(old) + " -> " +
                              std::to_string(changed));
        }
      }
      trace.values[id][i] = old;
    }
  }
  return out;
}

}  // namespace veil
