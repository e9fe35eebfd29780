#include "transcript/transcript.h"

namespace veil {

void Transcript::absorb(char kind, std::string_view label, ByteView data) {
  if (keep_schedule_) schedule_.push_back(std::string(1, kind) + " " + std::string(label));
  Writer header;
  header.u8(static_cast<std::uint8_t>(kind));
  header.u32(static_cast<std::uint32_t>(label.size()));
  header.raw(as_bytes(label));
  header.u64(data.size());
  pending_.update(header.bytes());
  pending_.update(data);
}

Keccak256 Transcript::hash_after(const Digest& state) {
  Keccak256 hash;
  hash.update(state);
  return hash;
}

void Transcript::absorb_scalar(std::string_view label, const Fr& scalar) { absorb('s', label, scalar.to_bytes()); }

Fr Transcript::challenge(std::string_view label) {
  absorb('c', label, {});
  const Digest state = pending_.finish();
  pending_ = hash_after(state);
  if (oracle_ != nullptr) return oracle_->challenge(label);
  std::array<std::uint8_t, 64> wide{};
  for (std::uint8_t half = 0; half < 2; ++half) {
    Keccak256 hash = hash_after(state);
    hash.update(ByteView(&half, 1));
    const Digest digest = hash.finish();
    std::copy(digest.begin(), digest.end(), wide.begin() + 32 * half);
  }
  return Fr::from_wide(wide);
}

}  // namespace veil
