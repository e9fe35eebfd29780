#include "prove/pad_store.h"

#include <unistd.h>

#include "hash/drbg.h"

namespace veil {

PadStore::PadStore(std::size_t num_slots, std::size_t columns)
    : num_slots_(num_slots), columns_(columns), owner_(getpid()) {}

void PadStore::fill(std::size_t pairs, const Entropy& entropy, ByteView secret) {
  if (getpid() != owner_) return;
  // What is missing now: those who claim in the meantime must not keep it here for ever.
  std::size_t missing = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const std::size_t there = pairs_.size();
    missing = pairs > there ? pairs - there : 0;
  }
  for (; missing > 0; --missing) {
    Writer count;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (pairs_.size() + being_made_ >= pairs) return;  // others make the rest
      ++being_made_;
      count.u64(made_++);
    }
    std::optional<PadPair> pair;
    try {
      pair = make(entropy, secret, count.bytes());
    } catch (...) {
      const std::lock_guard<std::mutex> lock(mutex_);
      --being_made_;
      throw;
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    --being_made_;
    pairs_.push_back(std::move(*pair));
  }
}

PadPair PadStore::make(const Entropy& entropy, ByteView secret, ByteView count) const {
  Digest seed = derive_seed("veil/store/1", entropy, {secret, count});
  Drbg drbg(seed);
  wipe(seed.data(), seed.size());
  Pads a = Pads::sample(drbg, num_slots_, columns_);
  return {std::move(a), Pads::sample(drbg, num_slots_, columns_)};
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
