// What a proof says, in words and as JSON. Everything comes from the verified circuit and the checked proof.
#pragma once

#include <string>
#include <string_view>

#include "service/json.h"
#include "verify/model_key.h"
#include "verify/proof.h"

namespace veil {

Json statement_json(const VerifiedModel& model, const PublicValues& public_values, std::string_view context);
std::string statement_text(const VerifiedModel& model, const PublicValues& public_values, std::string_view context);
// In words: which model, and what it is trusted for; the context; what a proof says, on one line.
std::string model_text(const VerifiedModel& model);
std::string context_text(std::string_view context);
std::string outcome_line(const VerifiedModel& model, const PublicValues& public_values);

// The same for a circuit alone: what every proof of it makes public, and what it never does.
Json circuit_facts_json(const Circuit& circuit, Visibility visibility);
std::string circuit_facts_text(const Circuit& circuit, Visibility visibility);

std::string_view visibility_name(Visibility visibility);  // "hidden"

}  // namespace veil
