#include "base/cpu.h"

#include <cstdlib>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace veil {

namespace {

#if defined(__x86_64__)
// A bit of ebx or ecx of cpuid's leaf 7.
struct Feature {
  CpuLevel level;
  bool in_ecx;
  unsigned bit;
  std::string_view name;
};
constexpr Feature kFeatures[] = {
    {CpuLevel::kAdx, false, 8, "BMI2"},           {CpuLevel::kAdx, false, 19, "ADX"},
    {CpuLevel::kIfma, false, 16, "AVX-512 F"},    {CpuLevel::kIfma, false, 17, "AVX-512 DQ"},
    {CpuLevel::kIfma, false, 21, "AVX-512 IFMA"}, {CpuLevel::kIfma, false, 30, "AVX-512 BW"},
    {CpuLevel::kIfma, false, 31, "AVX-512 VL"},   {CpuLevel::kIfma, true, 6, "AVX-512 VBMI2"},
    {CpuLevel::kIfma, true, 11, "AVX-512 VNNI"},
};

// The operating system saves the registers of AVX-512: XCR0 bits SSE, AVX, opmask, upper ZMM, high ZMM.
bool saves_avx512_state() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  const bool has_xgetbv = __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & (1u << 27)) != 0;
  if (!has_xgetbv) return false;
  unsigned low = 0;
  unsigned high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low & 0xe6) == 0xe6;
}
#endif

}  // namespace

std::vector<std::string_view> missing_for(CpuLevel level) {
  std::vector<std::string_view> missing;
#if defined(__x86_64__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) b = c = 0;
  for (const Feature& feature : kFeatures) {
    const unsigned bits = feature.in_ecx ? c : b;
    if (feature.level <= level && (bits & (1u << feature.bit)) == 0) missing.push_back(feature.name);
  }
  if (level == CpuLevel::kIfma && missing.empty() && !saves_avx512_state()) {
    missing.emplace_back("an operating system that saves the registers of AVX-512");
  }
#else
  if (level != CpuLevel::kPortable) missing.emplace_back("an x86-64 processor");
#endif
  return missing;
}

CpuLevel detect_cpu_level() {
  for (const CpuLevel level : {CpuLevel::kIfma, CpuLevel::kAdx}) {
    if (missing_for(level).empty()) return level;
  }
  return CpuLevel::kPortable;
}

std::string_view forced_cpu_level() {
  const char* const forced = std::getenv("VEIL_CPU");
  return forced == nullptr ? "" : forced;
}

CpuLevel choose_cpu_level(std::string_view forced, CpuLevel detected) {
  for (const CpuLevel level : {CpuLevel::kPortable, CpuLevel::kAdx, CpuLevel::kIfma}) {
    if (forced == cpu_level_name(level) && level <= detected) return level;
  }
  return detected;
}

std::string_view cpu_level_name(CpuLevel level) {
  switch (level) {
    case CpuLevel::kPortable:
      return "portable";
    case CpuLevel::kAdx:
      return "adx";
    case CpuLevel::kIfma:
      return "ifma";
  }
  return "portable";
}

const CpuLevel kCpuLevel = choose_cpu_level(forced_cpu_level(), detect_cpu_level());
const bool kUseAdx = kCpuLevel >= CpuLevel::kAdx;

}  // namespace veil
