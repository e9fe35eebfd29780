#include "service/check_proofs.h"

#include <algorithm>

#include "service/words.h"

namespace veil {

Result<std::optional<Digest>> parse_model_id(const std::optional<std::string>& text) {
  if (!text) return std::optional<Digest>{};
  const auto bytes = from_hex(*text);
  Digest id{};
  if (!bytes || bytes->size() != id.size())
    return Error{"--model-id takes 64 hex digits, as `veil inspect` prints it."};
  std::copy(bytes->begin(), bytes->end(), id.begin());
  return std::optional<Digest>{id};
}

KeyVerification verify_together(CheckedKey checked, const Expected& expected, std::span<const ByteView> proofs) {
  if (checked.pending) return verify_with_key(std::move(*checked.pending), expected, proofs);
  const Verification rejected{checked.so_far, {}, {}};
  return {{checked.so_far, nullptr}, std::vector<Verification>(proofs.size(), rejected)};
}

std::string verdict_text(const Verdict& verdict) {
  return verdict.name() + (verdict.detail().empty() ? "" : " (" + printable(verdict.detail()) + ")");
}

Json verdict_json(const Verdict& verdict) {
  if (verdict.accepted()) return Json{{"accepted", true}, {"reason", nullptr}};
  return Json{{"accepted", false}, {"reason", verdict.name()}, {"detail", verdict.detail()}};
}

Json verification_json(const VerifiedModel& model, const Verification& verification, std::string_view context,
                       std::size_t proof_bytes) {
  Json out = verdict_json(verification.verdict);
  out["statement"] =
      verification.verdict.accepted() ? statement_json(model, verification.public_values, context) : Json(nullptr);
  out["proof_bytes"] = proof_bytes;
  return out;
}

}  // namespace veil
