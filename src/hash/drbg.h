// Deterministic expansion of a 32-byte seed. Block i is
//   the first 128 bytes that Keccak-256's sponge squeezes from (seed || "veil/drbg" || u64 big-endian i),  i = 0, 1,
//   ...
// and the output is the blocks one after another, however it is cut into calls.
// As unpredictable as the seed. Not copyable: two copies would give the same "random" pads twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "base/secret.h"
#include "hash/keccak256.h"

namespace veil {

class Drbg {
 public:
  explicit Drbg(const Digest& seed) : seed_(seed) {}
  // The moved-from generator has no seed: drawing from it aborts.
  Drbg(Drbg&& other) noexcept
      : seed_(std::move(other.seed_)),
        block_(std::move(other.block_)),
        used_(std::exchange(other.used_, kMovedFrom)),
        counter_(other.counter_) {}
  Drbg& operator=(Drbg&&) = delete;

  void fill(std::span<std::uint8_t> out);

 private:
  using Block = std::array<std::uint8_t, 128>;
  static constexpr std::size_t kMovedFrom = ~std::size_t{0};

  void next_block();

  Secret<Digest> seed_;
  Secret<Block> block_;
  std::size_t used_ = sizeof(Block);  // bytes of block_ already given
  std::uint64_t counter_ = 0;
};

}  // namespace veil
