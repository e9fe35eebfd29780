// What a command has to say: one JSON object, the same in words, and an exit code.
#pragma once

#include <string>

#include "base/result.h"
#include "service/json.h"

namespace veil::cli {

enum class ExitCode : int {
  kDone = 0,      // done, or accepted
  kRejected = 1,  // a proof was rejected, or a false claim refused
  kBadInput = 2,  // bad usage or file: one sentence says what
};

struct Outcome {
  ExitCode exit_code = ExitCode::kDone;
  Json json;
  std::string text;  // lines, each ended
};

}  // namespace veil::cli
