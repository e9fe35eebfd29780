// veil: prove and verify decisions of machine-learning models. Arguments, files and exit codes; no logic of proofs.
#include <csignal>
#include <exception>
#include <new>

#include "cli/arguments.h"
#include "cli/console.h"

namespace veil::cli {

namespace {

Result<Outcome> run(const Call& call) {
  try {
    return call.run();
  } catch (const std::bad_alloc&) {
    return Error{"There is not enough memory for this."};
  } catch (const std::exception& error) {
    return Error{"Unexpected: " + one_line(error.what()) + "."};
  }
}

int run_words(int count, const char* const* words) {
  auto arguments = read_arguments(count, words);
  if (!arguments.ok()) return print_outcome(Error{arguments.error()}, asks_for_json(count, words));
  if (const auto* text = std::get_if<std::string>(&*arguments)) {
    return print_outcome(Outcome{ExitCode::kDone, {}, *text}, false);
  }
  const Call& call = std::get<Call>(*arguments);
  return print_outcome(run(call), call.as_json);
}

}  // namespace

}  // namespace veil::cli

int main(int count, char** words) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is a write error
  return veil::cli::run_words(count, words);
}
