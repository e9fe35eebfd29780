#include "base/cpu.h"

#include <cstdlib>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace veil {

#if defined(__x86_64__)
namespace {

// The operating system saves the registers of AVX-512: XCR0 bits SSE, AVX, opmask, upper ZMM, high ZMM.
bool saves_avx512_state() {
  unsigned low = 0;
  unsigned high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low & 0xe6) == 0xe6;
}

}  // namespace

CpuLevel detect_cpu_level() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0) return CpuLevel::kPortable;
  const bool has_xgetbv = (c & (1u << 27)) != 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return CpuLevel::kPortable;
  constexpr unsigned kBmi2 = 1u << 8, kAdx = 1u << 19;
  constexpr unsigned kAvx512 = 1u << 16 | 1u << 17 | 1u << 21 | 1u << 30 | 1u << 31;  // F, DQ, IFMA, BW, VL
  constexpr unsigned kAvx512More = 1u << 6 | 1u << 11;                                // VBMI2, VNNI
  if ((b & kBmi2) == 0 || (b & kAdx) == 0) return CpuLevel::kPortable;
  const bool has_avx512 = (b & kAvx512) == kAvx512 && (c & kAvx512More) == kAvx512More;
  if (has_avx512 && has_xgetbv && saves_avx512_state()) return CpuLevel::kIfma;
  return CpuLevel::kAdx;
}
#else
CpuLevel detect_cpu_level() { return CpuLevel::kPortable; }
#endif

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

namespace {

CpuLevel initial_cpu_level() {
  const char* const forced = std::getenv("VEIL_CPU");
  return choose_cpu_level(forced == nullptr ? "" : forced, detect_cpu_level());
}

}  // namespace

const CpuLevel kCpuLevel = initial_cpu_level();
const bool kUseAdx = kCpuLevel >= CpuLevel::kAdx;

}  // namespace veil
