#include "transcript/transcript.h"

#include <algorithm>

namespace veil {

namespace {

template <std::size_t kSize>
std::array<std::uint8_t, kSize> big_endian(std::uint64_t value) {
  std::array<std::uint8_t, kSize> out{};
  for (std::size_t i = kSize; i-- > 0; value >>= 8) out[i] = static_cast<std::uint8_t>(value);
  return out;
}

}  // namespace

void Transcript::absorb(char kind, std::string_view label, ByteView data) {
  if (keep_schedule_) schedule_.push_back(std::string(1, kind) + " " + std::string(label));
  const auto kind_byte = static_cast<std::uint8_t>(kind);
  hash_.update({&kind_byte, 1});
  hash_.update(big_endian<4>(label.size()));
  hash_.update(as_bytes(label));
  hash_.update(big_endian<8>(data.size()));
  hash_.update(data);
}

Fr Transcript::challenge(std::string_view label) {
  absorb('c', label, {});
  const Digest state = hash_.finish();
  hash_.update(state);
  if (oracle_ != nullptr) return oracle_->challenge(label);
  std::array<std::array<std::uint8_t, 33>, 2> inputs{};
  for (std::uint8_t half = 0; half < 2; ++half) {
    std::copy(state.begin(), state.end(), inputs[half].begin());
    inputs[half][32] = half;
  }
  const std::array<Digest, 2> digests = keccak256_both(inputs[0], inputs[1]);
  std::array<std::uint8_t, 64> wide{};
  std::copy(digests[0].begin(), digests[0].end(), wide.begin());
  std::copy(digests[1].begin(), digests[1].end(), wide.begin() + 32);
  return Fr::from_wide(wide);
}

}  // namespace veil
