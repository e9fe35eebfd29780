// The profile of a command as JSON: --profile FILE. For the owner: what a proof takes may tell about what it hides.
#pragma once

#include <string>

#include "cli/outcome.h"
#include "prove/profile.h"
#include "verify/statement.h"

namespace veil::cli {

// Phases in milliseconds, their sum, the sizes that they depend on, and what the process ran on.
Json profile_json(const Profile& profile, const PreparedCircuit& circuit);

// Writes it where it was asked for; nowhere, if `path` is empty.
Status save_profile(const std::string& path, const Json& profile);

Json timing_json(const Timing& timing);

}  // namespace veil::cli
