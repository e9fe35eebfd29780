#include "transcript/transcript.h"

namespace veil {

void Transcript::absorb(char kind, std::string_view label, ByteView data) {
  if (keep_schedule_) schedule_.push_back(std::string(1, kind) + " " + std::string(label));
  pending_.u8(static_cast<std::uint8_t>(kind));
  pending_.u32(static_cast<std::uint32_t>(label.size()));
  pending_.raw(as_bytes(label));
  pending_.u64(data.size());
  pending_.raw(data);
}

void Transcript::absorb_scalar(std::string_view label, const Fr& scalar) { absorb('s', label, scalar.to_bytes()); }

Fr Transcript::challenge(std::string_view label) {
  absorb('c', label, {});
  Keccak256 hash;
  hash.update(state_);
  hash.update(pending_.bytes());
  state_ = hash.finish();
  pending_ = Writer();
  if (oracle_ != nullptr) return oracle_->challenge(label);
  std::array<std::uint8_t, 64> wide{};
  for (std::uint8_t half = 0; half < 2; ++half) {
    hash.update(state_);
    hash.update(ByteView(&half, 1));
    const Digest digest = hash.finish();
    std::copy(digest.begin(), digest.end(), wide.begin() + 32 * half);
  }
  return Fr::from_wide(wide);
}

}  // namespace veil
