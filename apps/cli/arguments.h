// From the words of the command line to the command that was called.
#pragma once

#include <functional>
#include <string>
#include <variant>

#include "cli/outcome.h"

namespace veil::cli {

struct Call {
  std::function<Result<Outcome>()> run;
  bool as_json = false;
};

// A call; or, for --help and --version, text to print; or a sentence.
Result<std::variant<Call, std::string>> read_arguments(int count, const char* const* words);

// Does --json occur? Also where the arguments could not be read.
bool asks_for_json(int count, const char* const* words);

// "First line\nsecond." -> "First line second"
std::string one_line(std::string text);

}  // namespace veil::cli
