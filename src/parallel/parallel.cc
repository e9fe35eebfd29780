#include "parallel/parallel.h"

#if VEIL_THREADS
#include <tbb/global_control.h>

#include <memory>
#endif

namespace veil {

#if VEIL_THREADS

namespace {

std::unique_ptr<tbb::global_control>& limit() {
  static std::unique_ptr<tbb::global_control> value;
  return value;
}

}  // namespace

void set_num_threads(std::size_t count) {
  limit().reset();  // of two limits the smaller holds
  limit() = std::make_unique<tbb::global_control>(tbb::global_control::max_allowed_parallelism,
                                                  std::max<std::size_t>(1, count));
}

std::size_t num_threads() { return tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism); }

#else

void set_num_threads(std::size_t) {}
std::size_t num_threads() { return 1; }

#endif

}  // namespace veil
