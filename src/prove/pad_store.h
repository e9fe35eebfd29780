// Pairs of pads that a warm process prepares before requests arrive (attacks 9).
//
// In locked memory, never in files. A pair is claimed once, by an atomic counter. The pages are wiped in a forked child
// (MADV_WIPEONFORK) and the store remembers the process that made it, so a child finds it empty and never reuses a
// pair. A pair that a cloned machine uses twice is still combined with fresh h each time.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "prove/pads.h"

namespace veil {

struct PadPair {
  Pads a;
  Pads b;
};

class PadStore {
 public:
  PadStore(std::size_t num_slots, std::size_t columns);
  PadStore(const PadStore&) = delete;
  PadStore& operator=(const PadStore&) = delete;

  // Prepares pairs with randomness from `entropy`. Not to be called from two threads at once.
  void fill(std::size_t pairs, const std::function<void(std::span<std::uint8_t>)>& entropy);

  std::size_t num_slots() const { return num_slots_; }
  std::size_t columns() const { return columns_; }
  std::size_t available() const;

  // The next unused pair; nothing when none is left, or in a process other than the one that filled the store.
  // Safe from several threads. The pair leaves the store for good.
  std::optional<PadPair> claim();

 private:
  std::size_t num_slots_;
  std::size_t columns_;
  std::int64_t owner_;  // process id
  std::vector<std::optional<PadPair>> pairs_;
  std::atomic<std::size_t> next_{0};
};

}  // namespace veil
