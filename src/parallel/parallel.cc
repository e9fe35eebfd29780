#include "parallel/parallel.h"

#if VEIL_THREADS
#include <tbb/global_control.h>
#include <tbb/task_scheduler_observer.h>

#include <csignal>
#include <memory>
#endif

namespace veil {

#if VEIL_THREADS

namespace {

// Signals that end a program are for the threads of the caller, who may have them wait while files are half written.
class WorkersLeaveSignals : public tbb::task_scheduler_observer {
 public:
  WorkersLeaveSignals() { observe(true); }
  void on_scheduler_entry(bool is_worker) override {
    if (!is_worker) return;
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, number);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
  }
};

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

std::size_t num_threads() {
  // Made before the first worker starts, and never destroyed: workers may outlive the statics of the program.
  static const auto* const observer = new WorkersLeaveSignals;
  static_cast<void>(observer);
  return tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism);
}

#else

void set_num_threads(std::size_t) {}
std::size_t num_threads() { return 1; }

#endif

}  // namespace veil
