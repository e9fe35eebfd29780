// Keccak-256 as the EVM has it: Keccak-f[1600], rate 136 bytes, original padding 0x01 (not SHA3-256, which pads 0x06).
// Source: the Keccak reference, version 3.0; https://keccak.team/files/Keccak-reference-3.0.pdf
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "hash/keccak_permutation.h"

namespace veil {

inline constexpr std::size_t kKeccak256RateBytes = 136;

using Digest = std::array<std::uint8_t, 32>;

class Keccak256 {
 public:
  void update(ByteView data);
  // The digest of all that was given. The object is then as new.
  Digest finish();
  // The first 128 bytes that the sponge squeezes, of which the digest is the first quarter; as new after it.
  std::array<std::uint8_t, 128> finish_wide();

 private:
  static constexpr std::size_t kRateBytes = kKeccak256RateBytes;

  template <std::size_t kBytes>
  std::array<std::uint8_t, kBytes> squeeze();

  KeccakState state_{};
  std::array<std::uint8_t, kRateBytes> block_{};
  std::size_t filled_ = 0;  // bytes of the current block, below kRateBytes
};

Digest keccak256(ByteView data);
// Of two messages of at most 135 bytes each, at little more than the price of one.
std::array<Digest, 2> keccak256_both(ByteView first, ByteView second);
// For long data, eight times as fast with AVX-512: its first 8 n whole blocks are eight parts, each hashed alone, and
// the digest is keccak256(u64 n || their digests in order || the rest).
Digest keccak256_in_eighths(ByteView data);

}  // namespace veil
