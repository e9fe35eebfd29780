// What the machine is, for `veil doctor`.
#pragma once

#include <cstdint>
#include <string>

namespace veil::cli {

std::string compiler_name();   // "GCC 12.2.0"
std::string processor_name();  // as the system calls it; empty where it does not say

// Bytes; 0 where the system does not say.
struct Memory {
  std::uint64_t total = 0;      // of the machine, or of the container where that is less
  std::uint64_t available = 0;  // at present
  std::uint64_t lockable = 0;   // what this process may keep out of swap
};
Memory memory_of_machine();

}  // namespace veil::cli
