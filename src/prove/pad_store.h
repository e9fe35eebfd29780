// Pairs of pads that a warm process prepares before requests arrive (attacks 9).
//
// In memory that is locked as far as the system allows, never in files. A pair is claimed once, under a lock, by
// whichever thread comes first, also while another thread fills the store. The pages are wiped in a forked child
// (MADV_WIPEONFORK) and the store remembers the process that made it, so a child finds it empty and never reuses a
// pair. A pair that a cloned machine uses twice is still combined with fresh h each time. The pairs of one store differ
// even when the generator is frozen.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "prove/pads.h"
#include "prove/randomness.h"

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

  // Prepares the pairs that are missing to so many when it is called, from `entropy`, the secret of the key and a count
  // of the pairs made. Several threads may fill it, to no more than so many.
  void fill(std::size_t pairs, const Entropy& entropy, ByteView secret = {});

  std::size_t num_slots() const { return num_slots_; }
  std::size_t columns() const { return columns_; }
  std::size_t available() const;

  // The next unused pair; nothing when none is left, or in a process other than the one that filled the store.
  // The pair leaves the store for good.
  std::optional<PadPair> claim();

 private:
  PadPair make(const Entropy& entropy, ByteView secret, ByteView count) const;

  std::size_t num_slots_;
  std::size_t columns_;
  std::int64_t owner_;  // process id
  mutable std::mutex mutex_;
  std::vector<PadPair> pairs_;
  std::size_t being_made_ = 0;  // by those who fill the store now
  std::uint64_t made_ = 0;
};

}  // namespace veil
