// SHA-256, FIPS 180-4. Used only where RFC 9380 asks for it (hash to curve); Keccak-256 is the hash of the protocol.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "hash/keccak256.h"

namespace veil {

class Sha256 {
 public:
  void update(ByteView data);
  // The digest of all that was given. The object is then as new.
  Digest finish();

 private:
  static constexpr std::size_t kBlockBytes = 64;
  static constexpr std::array<std::uint32_t, 8> kInitialState = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                                                 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

  void compress_block(const std::uint8_t* block);

  std::array<std::uint32_t, 8> state_ = kInitialState;
  std::array<std::uint8_t, kBlockBytes> block_{};
  std::uint64_t size_bytes_ = 0;
};

Digest sha256(ByteView data);

}  // namespace veil
