// Changes of one committed entry that a cheating prover might try (protocol section 1).
#pragma once

#include <cstdint>
#include <random>
#include <set>
#include <vector>

namespace veil::testing {

inline std::vector<std::int64_t> mutations(std::int64_t value, std::mt19937_64& random) {
  std::set<std::int64_t> out{value + 1,
                             value - 1,
                             -value,
                             value ^ 1,
                             value + 256,
                             value - 256,
                             value + (1 << 16),
                             value + (std::int64_t{1} << (3 + random() % 37)),
                             0,
                             1};
  out.erase(value);
  return {out.begin(), out.end()};
}

}  // namespace veil::testing
