// CPU time of the process and wall time since construction or the last lap.
#pragma once

#include <chrono>
#include <ctime>

namespace veil {

struct Timing {
  double cpu_ms = 0;
  double wall_ms = 0;

  Timing& operator+=(const Timing& other) {
    cpu_ms += other.cpu_ms;
    wall_ms += other.wall_ms;
    return *this;
  }
};

class Stopwatch {
 public:
  Stopwatch() { lap(); }

  Timing lap() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    const double cpu = 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
    const auto wall = std::chrono::steady_clock::now();
    const Timing out{cpu - cpu_, std::chrono::duration<double, std::milli>(wall - wall_).count()};
    cpu_ = cpu;
    wall_ = wall;
    return out;
  }

 private:
  double cpu_ = 0;
  std::chrono::steady_clock::time_point wall_{};
};

}  // namespace veil
