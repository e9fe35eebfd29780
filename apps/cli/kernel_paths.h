// The self-test on each path of kernels: which path a process takes is decided before main, so each is a process.
#pragma once

#include <string>
#include <vector>

#include "base/cpu.h"
#include "service/self_check.h"

namespace veil::cli {

struct LevelTest {
  CpuLevel level = CpuLevel::kPortable;
  std::vector<std::string_view> missing;  // what the machine lacks for it; not empty: not tested
  std::vector<SelfTest> tests;
  std::string failure;    // the process did not come to an end, half a sentence
  bool untested = false;  // no process could be started: nothing is known

  bool available() const { return missing.empty(); }
  // Of all that went wrong the first; empty: nothing.
  std::string first_failure() const;
};

std::vector<LevelTest> test_all_levels();

}  // namespace veil::cli
