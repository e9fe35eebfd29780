// The commands, one file each. Each declares its arguments to CLI11 and, when it is the one that was called, leaves
// behind what to run.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "cli/outcome.h"

namespace veil::cli {

struct Call {
  std::function<Result<Outcome>()> run;
  bool as_json = false;
};

void add_setup(CLI::App& app, Call& call);
void add_prove(CLI::App& app, Call& call);
void add_verify(CLI::App& app, Call& call);
void add_evaluate(CLI::App& app, Call& call);
void add_audit(CLI::App& app, Call& call);
void add_inspect(CLI::App& app, Call& call);

// A subcommand with --json; `arguments` live as long as the callback.
template <class Arguments, class Declare, class Run>
void add_command(CLI::App& app, Call& call, const char* name, const char* description, const char* example,
                 Declare&& declare, Run run) {
  CLI::App* command = app.add_subcommand(name, description);
  auto arguments = std::make_shared<Arguments>();
  declare(*command, *arguments);
  command->add_flag("--json", call.as_json, "Print one JSON object instead of text");
  command->footer(std::string("Example:\n  ") + example);
  command->callback([&call, arguments, run] { call.run = [arguments, run] { return run(*arguments); }; });
}

}  // namespace veil::cli
