// Why words are no call of the program: a sentence that names the word, and the one that may have been meant.
#pragma once

#include <string>
#include <vector>

#include "cli/description.h"

namespace veil::cli {

// `words`: without the program's name. `parser_error`: what the parser said, for mistakes that have no rule here.
std::string explain_mistake(const ProgramDescription& program, const std::vector<std::string>& words,
                            const std::string& parser_error);

// What the parser would take, and nobody means: "--out --json", an option as the value of another; and an empty value,
// as of a variable of the shell that is not set (`--claim ""` would reveal the output). Empty: there is none.
std::string misread_value(const ProgramDescription& program, const std::vector<std::string>& words);

}  // namespace veil::cli
