// Sentences for the owner of a model, from the figures of an evaluation.
#pragma once

#include <string>
#include <vector>

#include "cli/outcome.h"

namespace veil::cli {

std::vector<std::string> advice(const Json& evaluation);

}  // namespace veil::cli
