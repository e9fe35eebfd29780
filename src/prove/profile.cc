#include "prove/profile.h"

#include <algorithm>

namespace veil {

void Profile::enter(std::string_view name) {
  if (watcher_) watcher_(name);
  if (current_ && phases_[*current_].name == name) return;
  stop();
  const auto at =
      std::find_if(phases_.begin(), phases_.end(), [name](const PhaseTime& phase) { return phase.name == name; });
  current_ = static_cast<std::size_t>(at - phases_.begin());
  if (at == phases_.end()) phases_.push_back({name, {}});
}

void Profile::stop() {
  const Timing lap = watch_.lap();
  if (current_) phases_[*current_].time += lap;
  current_.reset();
}

Timing Profile::total() const {
  Timing out;
  for (const PhaseTime& phase : phases_) out += phase.time;
  return out;
}

}  // namespace veil
