#include "cli/machine.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <string_view>

namespace veil::cli {

namespace {

// Of the first line "NAME : value" or "NAME: value" of a file of the system; empty: there is none.
std::string field_of(const char* path, std::string_view name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    if (!std::string_view(line).starts_with(name) || colon == std::string::npos) continue;
    const std::size_t first = line.find_first_not_of(" \t", colon + 1);
    return first == std::string::npos ? "" : line.substr(first);
  }
  return "";
}

std::uint64_t number_of(const std::string& text) { return std::strtoull(text.c_str(), nullptr, 10); }

// The limit of the container (control groups, version 2); none: the largest number.
std::uint64_t container_limit() {
  std::ifstream file("/sys/fs/cgroup/memory.max");
  std::string text;
  if (!(file >> text) || text == "max") return std::numeric_limits<std::uint64_t>::max();
  return number_of(text);
}

}  // namespace

std::string compiler_name() {
#if defined(__clang__)
  return std::string("Clang ") + __clang_version__;
#elif defined(__GNUC__)
  return std::string("GCC ") + __VERSION__;
#else
  return "an unknown compiler";
#endif
}

std::string processor_name() { return field_of("/proc/cpuinfo", "model name"); }

Memory memory_of_machine() {
  Memory out;
  const std::uint64_t limit = container_limit();
  out.total = std::min(limit, number_of(field_of("/proc/meminfo", "MemTotal")) * 1024);
  out.available = std::min(limit, number_of(field_of("/proc/meminfo", "MemAvailable")) * 1024);
  rlimit lockable{};
  if (getrlimit(RLIMIT_MEMLOCK, &lockable) == 0) out.lockable = lockable.rlim_cur;
  return out;
}

}  // namespace veil::cli
