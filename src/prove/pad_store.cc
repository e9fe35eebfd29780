#include "prove/pad_store.h"

#include <unistd.h>

#include "hash/drbg.h"

namespace veil {

PadStore::PadStore(std::size_t num_slots, std::size_t columns)
    : num_slots_(num_slots), columns_(columns), owner_(getpid()) {}

void PadStore::fill(std::size_t pairs, const Entropy& entropy, ByteView secret) {
  if (getpid() != owner_) return;
  // What is missing now: those who claim in the meantime must not keep it here for ever.
  const std::size_t there = available();
  for (std::size_t made = there; made < pairs; ++made) {
    Writer count;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      count.u64(made_++);
    }
    Digest seed = derive_seed("veil/store/1", entropy, {secret, count.bytes()});
    Drbg drbg(seed);
    wipe(seed.data(), seed.size());
    Pads a = Pads::sample(drbg, num_slots_, columns_);
    Pads b = Pads::sample(drbg, num_slots_, columns_);
    const std::lock_guard<std::mutex> lock(mutex_);
    pairs_.push_back(PadPair{std::move(a), std::move(b)});
  }
}

std::size_t PadStore::available() const {
  if (getpid() != owner_) return 0;  // before the lock: in a forked child another thread may hold it for ever
  const std::lock_guard<std::mutex> lock(mutex_);
  return pairs_.size();
}

std::optional<PadPair> PadStore::claim() {
  if (getpid() != owner_) return std::nullopt;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (pairs_.empty()) return std::nullopt;
  PadPair pair = std::move(pairs_.back());
  pairs_.pop_back();
  if (!pair.a.intact() || !pair.b.intact()) return std::nullopt;
  return pair;
}

}  // namespace veil
