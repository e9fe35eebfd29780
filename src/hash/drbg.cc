#include "hash/drbg.h"

#include <array>

#include "base/bytes.h"
#include "base/check.h"

namespace veil {

void Drbg::next_block() {
  std::array<std::uint8_t, 8> index{};
  for (std::size_t i = 0; i < 8; ++i) index[i] = static_cast<std::uint8_t>(counter_ >> (56 - 8 * i));
  ++counter_;
  Keccak256 hash;
  hash.update(seed_.expose());
  hash.update(as_bytes("veil/drbg"));
  hash.update(index);
  block_.expose() = hash.finish_wide();
  used_ = 0;
  wipe(&hash, sizeof(hash));
}

void Drbg::fill(std::span<std::uint8_t> out) {
  VEIL_CHECK(used_ <= sizeof(Block));
  for (std::uint8_t& byte : out) {
    if (used_ == sizeof(Block)) next_block();
    byte = block_.expose()[used_++];
  }
}

}  // namespace veil
