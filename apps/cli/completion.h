// Scripts that complete the program's words in a shell, made from its description.
#pragma once

#include <string>

#include "cli/description.h"

namespace veil::cli {

std::string bash_completion(const ProgramDescription& program);
std::string zsh_completion(const ProgramDescription& program);
std::string fish_completion(const ProgramDescription& program);

}  // namespace veil::cli
