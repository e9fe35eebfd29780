// A verifier's key, proofs and what is expected of them become verdicts and statements.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "service/json.h"
#include "service/statement_text.h"
#include "verify/proof.h"

namespace veil {

// 64 hex digits; nothing for nothing.
Result<std::optional<Digest>> parse_model_id(const std::optional<std::string>& text);

// Key and proofs by one multi-scalar multiplication. Where the key is rejected, every proof is, by the key's name.
KeyVerification verify_together(CheckedKey checked, const Expected& expected, std::span<const ByteView> proofs);

// "open/rows (row 3)": the name of the check that failed, and where.
std::string verdict_text(const Verdict& verdict);
Json verdict_json(const Verdict& verdict);
// The verdict and, where it is accepted, the statement.
Json verification_json(const VerifiedModel& model, const Verification& verification, std::string_view context,
                       std::size_t proof_bytes);

}  // namespace veil
