// Does Veil compute rightly on this machine? Known answers of field, curve, hash and transcript, and a small model from
// setup to proof to rejected forgeries. On the kernels that this process uses (base/cpu.h): whoever wants another path
// tested starts a process with VEIL_CPU.
#pragma once

#include <string>
#include <vector>

namespace veil {

struct SelfTest {
  std::string name;     // "field"
  std::string failure;  // what was wrong, half a sentence; empty: passed
  double wall_ms = 0;
};

std::vector<SelfTest> run_self_tests();

}  // namespace veil
