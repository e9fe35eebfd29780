// Where the time of a proof or of a setup goes: named phases, one after the other, entered again as often as it takes.
//
// All time from the first enter() to stop() belongs to some phase, so the phases add up to the whole. Whoever asks for
// a profile passes a pointer; without one, enter_phase() is a comparison with null.
#pragma once

#include <exception>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "prove/stopwatch.h"

namespace veil {

struct PhaseTime {
  std::string_view name;
  Timing time;
};

// Thrown by a watcher that wants no more of the work: what was made so far is dropped.
class Stopped : public std::exception {
 public:
  const char* what() const noexcept override { return "stopped before the end"; }
};

class Profile {
 public:
  // Called with the phase at every enter(), also of the phase that is current: between two messages of a proof. May
  // throw Stopped.
  void watch(std::function<void(std::string_view name)> watcher) { watcher_ = std::move(watcher); }

  // From now on time belongs to `name`, a string that outlives the profile: a literal.
  void enter(std::string_view name);
  // From now on time belongs to no phase.
  void stop();

  // In the order in which they were first entered.
  const std::vector<PhaseTime>& phases() const { return phases_; }
  Timing total() const;

 private:
  std::vector<PhaseTime> phases_;
  std::optional<std::size_t> current_;
  Stopwatch watch_;
  std::function<void(std::string_view name)> watcher_;
};

inline void enter_phase(Profile* profile, std::string_view name) {
  if (profile != nullptr) profile->enter(name);
}

}  // namespace veil
