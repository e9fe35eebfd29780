// Which instruction sets the kernels may use: detected once, before main, and forced by the environment variable
// VEIL_CPU=portable|adx|ifma. An unknown value, or one that this machine cannot run, is ignored: detection decides.
// All choices give the same results; only the speed differs. This is the one place that reads the environment.
#pragma once

#include <string_view>
#include <vector>

namespace veil {

enum class CpuLevel {
  kPortable,  // plain C++
  kAdx,       // x86-64 with BMI2 (mulx) and ADX (adcx, adox)
  kIfma,      // kAdx and AVX-512 F, DQ, VL, BW, IFMA, VBMI2, VNNI (Ice Lake and Zen 4 onwards)
};

// The highest level that this machine and its operating system can run.
CpuLevel detect_cpu_level();
// The level to use when `forced` is the value of VEIL_CPU (empty: not set) and the machine can run `detected`.
CpuLevel choose_cpu_level(std::string_view forced, CpuLevel detected);
std::string_view cpu_level_name(CpuLevel level);

// What this machine lacks for a level: names of instruction sets; empty where it can run it.
std::vector<std::string_view> missing_for(CpuLevel level);
// The value of VEIL_CPU, whether it was heeded or not; empty: not set.
std::string_view forced_cpu_level();

// The choice. Reads as kPortable (false) in static initialisers that happen to run before it, which is only slower.
extern const CpuLevel kCpuLevel;
extern const bool kUseAdx;

}  // namespace veil
