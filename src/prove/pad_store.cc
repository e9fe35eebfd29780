#include "prove/pad_store.h"

#include <unistd.h>

#include "hash/drbg.h"

namespace veil {

PadStore::PadStore(std::size_t num_slots, std::size_t columns)
    : num_slots_(num_slots), columns_(columns), owner_(getpid()) {}

void PadStore::fill(std::size_t pairs, const std::function<void(std::span<std::uint8_t>)>& entropy) {
  if (getpid() != owner_) return;
  // What was claimed is gone; what is left moves to the front.
  pairs_.erase(pairs_.begin(), pairs_.begin() + static_cast<std::ptrdiff_t>(std::min(next_.load(), pairs_.size())));
  next_ = 0;
  while (pairs_.size() < pairs) {
    Digest seed{};
    entropy(seed);
    Drbg drbg(seed);
    wipe(seed.data(), seed.size());
    Pads a = Pads::sample(drbg, num_slots_, columns_);
    Pads b = Pads::sample(drbg, num_slots_, columns_);
    pairs_.emplace_back(PadPair{std::move(a), std::move(b)});
  }
}

std::size_t PadStore::available() const {
  const std::size_t next = next_.load();
  return getpid() == owner_ && next < pairs_.size() ? pairs_.size() - next : 0;
}

std::optional<PadPair> PadStore::claim() {
  if (getpid() != owner_) return std::nullopt;
  const std::size_t index = next_.fetch_add(1);
  if (index >= pairs_.size()) return std::nullopt;
  std::optional<PadPair> pair = std::move(pairs_[index]);
  pairs_[index].reset();
  if (!pair->a.intact() || !pair->b.intact()) return std::nullopt;
  return pair;
}

}  // namespace veil
