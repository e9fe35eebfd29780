// veil: prove and verify decisions of machine-learning models. Arguments, files and exit codes; no logic of proofs.
#include <csignal>
#include <cstring>
#include <exception>
#include <string>

#include "cli/commands.h"
#include "cli/console.h"

namespace veil::cli {

namespace {

void add_commands(CLI::App& app, Call& call) {
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("veil ") + VEIL_VERSION);
  app.footer(
      "Example:\n"
      "  veil setup model.onnx --calibrate rows.csv --claim \"score >= 0.75\" --out key\n"
      "  veil prove key/prover.veil --input rows.csv --row 3 --context \"loan 17\" --out loan.proof\n"
      "  veil verify key/verifier.veil loan.proof --context \"loan 17\"\n"
      "Exit codes: 0 done or accepted, 1 rejected, 2 bad usage or file.");
  add_setup(app, call);
  add_prove(app, call);
  add_verify(app, call);
  add_evaluate(app, call);
  add_audit(app, call);
  add_inspect(app, call);
}

// Also where the arguments could not be read.
bool asks_for_json(int count, char** words) {
  for (int i = 1; i < count; ++i) {
    if (std::strcmp(words[i], "--json") == 0) return true;
  }
  return false;
}

std::string one_sentence(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '.')) text.pop_back();
  for (char& c : text) c = c == '\n' ? ' ' : c;
  return text;
}

int run(int count, char** words) {
  CLI::App app("Veil proves in zero knowledge what a machine-learning model decided.", "veil");
  Call call;
  add_commands(app, call);
  try {
    app.parse(count, words);
  } catch (const CLI::Success& success) {
    return app.exit(success);  // --help, --version
  } catch (const CLI::ParseError& error) {
    const Error sentence{one_sentence(error.what()) + "; `veil --help` shows the usage."};
    return print_outcome(sentence, asks_for_json(count, words));
  }
  try {
    return print_outcome(call.run(), call.as_json);
  } catch (const std::bad_alloc&) {
    return print_outcome(Error{"There is not enough memory for this."}, call.as_json);
  } catch (const std::exception& error) {
    return print_outcome(Error{"Unexpected: " + one_sentence(error.what()) + "."}, call.as_json);
  }
}

}  // namespace

}  // namespace veil::cli

int main(int count, char** words) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is a write error
  return veil::cli::run(count, words);
}
