#include "cli/arguments.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>
#include <sstream>
#include <thread>

#include "base/limits.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/console.h"
#include "cli/description.h"
#include "cli/manual.h"
#include "cli/mistakes.h"
#include "data/rows.h"
#include "graph/text.h"
#include "parallel/parallel.h"

namespace veil::cli {

namespace {

constexpr std::uint64_t kMostRows = 999'999'999'999;

// Checks of values, with half a sentence that stands behind the option's name.
CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) {
  return CLI::Validator(
      [least, most](const std::string& text) {
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        const bool whole = error == std::errc() && end == text.data() + text.size();
        if (whole && value >= least && value <= most) return std::string();
        return fmt::format("takes a whole number from {} to {}, not {}", least, most, quote(text));
      },
      "");
}

CLI::Validator number_between(double least, double most) {
  return CLI::Validator(
      [least, most](const std::string& text) {
        const auto value = parse_number(text);
        if (value && *value >= least && *value <= most) return std::string();
        return fmt::format("takes a number from {:f} to {:f}, not {}", least, most, quote(text));
      },
      "");
}

void add_explain(CLI::App& command, bool& explain) {
  command.add_flag("--explain", explain, "Say who learns what of this model and claim, and what nobody learns");
}

void add_padding(CLI::App& command, TreePadding& padding) {
  command
      .add_option("--pad-trees", padding.trees,
                  "Trees that change nothing are added until the ensemble has so many: their number shows")
      ->check(whole_number(1, static_cast<std::uint64_t>(kMostPaddedTrees)))
      ->type_name("NUMBER");
  command
      .add_option("--pad-leaves", padding.leaves,
                  "The largest of them has so many leaves: the size of the largest tree shows, too")
      ->check(whole_number(1, static_cast<std::uint64_t>(kMostPaddedLeaves)))
      ->type_name("NUMBER");
}

void declare(CLI::App& command, SetupArguments& arguments) {
  command.add_option("MODEL", arguments.model, "The model, an .onnx file")->type_name("FILE")->required();
  command.add_option("--calibrate", arguments.calibrate, "Rows like those to come: CSV, NPY, NPZ or JSON")
      ->type_name("FILE")
      ->required();
  command.add_option("--model", arguments.visibility, "Are the weights secret? hidden (default) or public")
      ->check(CLI::IsMember({"hidden", "public"}));
  command
      .add_option("--claim", arguments.claim,
                  "What a proof shows, such as \"score >= 0.75\", \"argmax == 2\", \"0.2 <= y[3] < 0.4\", joined by "
                  "\"and\"; without it the output is revealed")
      ->type_name("CLAIM");
  command.add_option("--bits", arguments.bits, "Bits of the integers: 8, 12, 16 or auto (default)")
      ->check(CLI::IsMember({"8", "12", "16", "auto"}));
  command
      .add_option("--tolerance", arguments.tolerance,
                  fmt::format("How far a revealed output may be off in the calibration rows, as a part of its largest "
                              "number (default {}); auto takes bits that reach it",
                              kDefaultTolerance))
      ->type_name("NUMBER")
      ->check(number_between(1e-6, 1.0));
  command.add_option("--out", arguments.out, "The folder for prover.veil, verifier.veil, report.json, graph.json")
      ->type_name("FOLDER")
      ->required();
  command.add_option("--output", arguments.output, "Which output of the model, where it has several")
      ->type_name("NAME");
  command.add_option("--dim", arguments.dims, "NAME=LENGTH of an axis that the model leaves open; may be repeated")
      ->type_name("NAME=LENGTH")
      ->take_all();
  command
      .add_option("--batch", arguments.batch,
                  "Rows that one proof is about (default 1); the claim then says all(...), count(...) or mean(...)")
      ->type_name("NUMBER")
      ->check(whole_number(1, static_cast<std::uint64_t>(kMaxTensorSize)));
  command
      .add_option("--classes", arguments.classes,
                  "Names of the output's elements, A,B,C; else those that the model file gives its classes")
      ->type_name("NAMES")
      ->delimiter(',');
  command.add_option("--labels", arguments.labels, "A column of the data that is no input")->type_name("COLUMN");
  add_padding(command, arguments.padding);
  command.add_flag("--without-model", arguments.without_model,
                   "Leave the model file out of prover.veil; evaluate then needs it beside the key");
  command.add_option("--profile", arguments.profile, "A JSON file for the time of each phase and the sizes")
      ->type_name("FILE");
  add_explain(command, arguments.explain);
}

void declare(CLI::App& command, ProveArguments& arguments) {
  command.add_option("PROVER", arguments.prover, "prover.veil")->type_name("FILE")->required();
  command.add_option("--input", arguments.input, "The data: CSV, NPY, NPZ or JSON")->type_name("FILE")->required();
  command
      .add_option("--row", arguments.row,
                  "Which row of the data, counted from 0 (default: 0); of a batch, its first one")
      ->check(whole_number(0, kMostRows))
      ->type_name("NUMBER");
  command.add_option("--context", arguments.context, "Text the proof is bound to, such as a loan's number")
      ->type_name("TEXT");
  command.add_option("--out", arguments.out, "Where the proof goes")->type_name("FILE")->required();
  command.add_option("--labels", arguments.labels, "A column of the data that is no input")->type_name("COLUMN");
  command.add_option("--profile", arguments.profile, "A JSON file for the time of each phase and the sizes")
      ->type_name("FILE");
  add_explain(command, arguments.explain);
}

void declare(CLI::App& command, VerifyArguments& arguments) {
  command.add_option("VERIFIER", arguments.verifier, "verifier.veil")->type_name("FILE")->required();
  command.add_option("PROOF", arguments.proofs, "The proof; several are checked together, at about half the time each")
      ->type_name("FILE")
      ->required();
  command.add_option("--context", arguments.context, "The context that every proof must have been made for")
      ->type_name("TEXT");
  command.add_option("--model-id", arguments.model_id, "Accept this model only (64 hex digits)")->type_name("ID");
  add_explain(command, arguments.explain);
}

void declare(CLI::App& command, EvaluateArguments& arguments) {
  command.add_option("PROVER", arguments.prover, "prover.veil")->type_name("FILE")->required();
  command.add_option("--data", arguments.data, "The data: CSV, NPY, NPZ or JSON")->type_name("FILE")->required();
  command.add_option("--labels", arguments.labels, "The column, array or field with the true answers")
      ->type_name("COLUMN");
  command.add_option("--model", arguments.model, "The model, an .onnx file, where prover.veil was made without it")
      ->type_name("FILE");
  command
      .add_option("--outputs", arguments.outputs,
                  "A CSV file for what the float model and its integers give, row by row")
      ->type_name("FILE");
  command
      .add_option("--report", arguments.report, "A folder for evaluation.html, a page of plots, and evaluation.json")
      ->type_name("FOLDER");
  command
      .add_option("--calibrate", arguments.calibrate,
                  "For the report: the rows that setup had, to try the model at 8 to 16 bits")
      ->type_name("FILE");
}

void declare(CLI::App& command, AuditArguments& arguments) {
  command.add_option("VERIFIER", arguments.verifier, "verifier.veil")->type_name("FILE")->required();
  command.add_option("MODEL", arguments.model, "The model (.onnx) or, for a hidden model, graph.json")
      ->type_name("FILE")
      ->required();
  add_padding(command, arguments.padding);
}

void declare(CLI::App& command, InspectArguments& arguments) {
  command.add_option("FILE", arguments.file, "prover.veil, verifier.veil, graph.json or a proof")
      ->type_name("FILE")
      ->required();
}

void declare(CLI::App& command, DoctorArguments& arguments) {
  command.add_flag("--self-test", arguments.self_test)->group("");  // hidden: the doctor calls itself so
}

// What the program says of itself. The description is complete when a command runs, not yet when it is added.
struct CompletionArguments {
  std::string shell;
};
struct ManualArguments {
  bool markdown = false;
};
using SharedDescription = std::shared_ptr<const ProgramDescription>;

Outcome text_outcome(std::string text) { return {ExitCode::kDone, Json{{"text", text}}, std::move(text)}; }

Result<Outcome> run_completion(const ProgramDescription& program, const CompletionArguments& arguments) {
  if (arguments.shell == "bash") return text_outcome(bash_completion(program));
  return text_outcome(arguments.shell == "zsh" ? zsh_completion(program) : fish_completion(program));
}

Result<Outcome> run_manual(const ProgramDescription& program, const ManualArguments& arguments) {
  return text_outcome(arguments.markdown ? manual_document(program) : manual_page(program));
}

void declare(CLI::App& command, CompletionArguments& arguments) {
  command.add_option("SHELL", arguments.shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
}

void declare(CLI::App& command, ManualArguments& arguments) {
  command.add_flag("--markdown", arguments.markdown, "A document instead of a page for man");
}

struct Words {
  const char* name;
  const char* description;
  const char* example;
};

template <class Arguments>
void add_command(CLI::App& app, Call& call, const Words& words, std::function<Result<Outcome>(const Arguments&)> run) {
  CLI::App* command = app.add_subcommand(words.name, words.description);
  auto arguments = std::make_shared<Arguments>();
  declare(*command, *arguments);
  command->add_flag("--json", call.as_json, "Print one JSON object instead of text");
  auto quiet = std::make_shared<bool>(false);
  command->add_flag("--quiet", *quiet, "Show no progress, also on a terminal");
  auto threads = std::make_shared<unsigned>(0);  // all cores
  command->add_option("--threads", *threads, "At most so many threads (default: one a core)")
      ->type_name("NUMBER")
      ->check(whole_number(1, 1024));
  command->footer(std::string("Example:\n  ") + words.example);
  command->callback([&call, arguments, quiet, threads, run] {
    call.run = [arguments, quiet, threads, run] {
      if (*quiet) show_no_progress();
      if (*threads != 0) set_num_threads(std::min(*threads, std::max(1U, std::thread::hardware_concurrency())));
      return run(*arguments);
    };
  });
}

void add_own_commands(CLI::App& app, Call& call, const SharedDescription& description) {
  add_command<CompletionArguments>(
      app, call,
      {"completion", "Print the script that completes veil's words in a shell", "source <(veil completion bash)"},
      [description](const auto& arguments) { return run_completion(*description, arguments); });
  add_command<ManualArguments>(app, call, {"man", "Print the manual page", "veil man | man -l -"},
                               [description](const auto& arguments) { return run_manual(*description, arguments); });
}

void add_commands_of_proofs(CLI::App& app, Call& call) {
  add_command<SetupArguments>(app, call,
                              {"setup", "Turn a model into a prover's and a verifier's key",
                               "veil setup model.onnx --calibrate rows.csv --claim \"score >= 0.75\" --out key"},
                              run_setup);
  add_command<ProveArguments>(
      app, call,
      {"prove", "Prove what the model says about one row",
       "veil prove key/prover.veil --input rows.csv --row 3 --context \"loan 17\" --out loan.proof"},
      run_prove);
  add_command<VerifyArguments>(app, call,
                               {"verify", "Check proofs and print what they say",
                                "veil verify key/verifier.veil loan.proof --context \"loan 17\""},
                               run_verify);
}

void add_commands_around(CLI::App& app, Call& call) {
  add_command<EvaluateArguments>(app, call,
                                 {"evaluate", "Compare the float model with its integers on data",
                                  "veil evaluate key/prover.veil --data rows.csv --labels answer"},
                                 run_evaluate);
  add_command<AuditArguments>(app, call,
                              {"audit", "Check that a key is for a given model or quantised graph",
                               "veil audit key/verifier.veil key/graph.json"},
                              run_audit);
  add_command<InspectArguments>(
      app, call, {"inspect", "Show what a key, a graph or a proof is", "veil inspect loan.proof"}, run_inspect);
  add_command<DoctorArguments>(app, call, {"doctor", "Check that Veil works on this machine", "veil doctor"},
                               run_doctor);
}

}  // namespace

bool asks_for_json(int count, const char* const* words) {
  for (int i = 1; i < count; ++i) {
    if (std::strcmp(words[i], "--json") == 0) return true;
  }
  return false;
}

std::string one_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '.')) text.pop_back();
  for (char& c : text) c = c == '\n' ? ' ' : c;
  return text;
}

Result<std::variant<Call, std::string>> read_arguments(int count, const char* const* words) {
  CLI::App app("Veil proves in zero knowledge what a machine-learning model decided.", "veil");
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("veil ") + VEIL_VERSION);
  app.footer(
      "Example:\n"
      "  veil setup model.onnx --calibrate rows.csv --claim \"score >= 0.75\" --out key\n"
      "  veil prove key/prover.veil --input rows.csv --row 3 --context \"loan 17\" --out loan.proof\n"
      "  veil verify key/verifier.veil loan.proof --context \"loan 17\"\n"
      "Exit codes: 0 done or accepted, 1 rejected, or wrong with this machine, 2 bad usage or file.");
  Call call;
  const auto description = std::make_shared<ProgramDescription>();
  add_commands_of_proofs(app, call);
  add_commands_around(app, call);
  add_own_commands(app, call, description);
  *description = describe(app);
  const std::vector<std::string> given(words + std::min(count, 1), words + count);
  if (std::string misread = misread_value(*description, given); !misread.empty()) return Error{misread};
  try {
    app.parse(count, words);
  } catch (const CLI::Success& success) {
    std::ostringstream out, unused;
    app.exit(success, out, unused);  // the text of --help or --version
    return std::variant<Call, std::string>(out.str());
  } catch (const CLI::ParseError& error) {
    return Error{explain_mistake(*description, given, one_line(error.what()))};
  }
  return std::variant<Call, std::string>(std::move(call));
}

}  // namespace veil::cli
