#include "cli/manual.h"

#include <fmt/core.h>

#include "graph/text.h"

namespace veil::cli {

namespace {

struct Topic {
  const char* name;
  const char* text;
};

// What the description does not say.
constexpr Topic kExitCodes[] = {{"0", "Done; all proofs accepted; all is well."},
                                {"1", "A proof is rejected, a false claim refused, something wrong with this machine."},
                                {"2", "Bad usage or a bad file: one sentence on standard error says what."}};
constexpr Topic kFiles[] = {
    {"prover.veil", "The prover's key. It holds the weights and the model file: keep it secret."},
    {"verifier.veil", "The verifier's key, to be published."},
    {"report.json", "For the owner of the model: ranges, errors, cost. Secret as the weights are."},
    {"graph.json", "The public description of the integer model, for veil audit."}};
constexpr Topic kEnvironment[] = {
    {"VEIL_CPU",
     "portable, adx or ifma: which instructions to use, of those that the processor has. All give the same "
     "results; veil doctor shows the choice."}};

// ---- roff

// Safe in the middle of a line.
std::string roff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

std::string roff_line(const std::string& text) {
  const bool control = !text.empty() && (text[0] == '.' || text[0] == '\'');
  return (control ? "\\&" : "") + roff(text) + "\n";
}

std::string roff_example(const std::string& text) {
  std::string out = ".nf\n";
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    out += roff_line(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out + ".fi\n";
}

std::string all_names(const OptionDescription& option) { return joined(option.names); }

std::string note_of(const OptionDescription& option) {
  return !option.positional && option.required ? " Required." : "";
}

std::string ended(const std::string& text) { return text.empty() || text.back() == '.' ? text : text + "."; }

std::string roff_option(const OptionDescription& option) {
  std::string out = ".TP\n\\fB" + roff(all_names(option)) + "\\fR";
  if (!option.positional && option.takes_value()) out += " \\fI" + roff(option.value) + "\\fR";
  return out + "\n" + roff_line(ended(option.help) + note_of(option));
}

std::string roff_command(const CommandDescription& command) {
  std::string out = fmt::format(".SS \"veil {}\"\n{}.PP\n\\fB{}\\fR\n", roff(command.name),
                                roff_line(ended(command.help)), roff(command.usage()));
  for (const OptionDescription& option : command.options) out += roff_option(option);
  return out + ".PP\n" + roff_example(command.footer);
}

template <std::size_t kCount>
std::string roff_topics(const char* heading, const Topic (&topics)[kCount]) {
  std::string out = fmt::format(".SH {}\n", heading);
  for (const Topic& topic : topics) out += fmt::format(".TP\n\\fB{}\\fR\n{}", roff(topic.name), roff_line(topic.text));
  return out;
}

// ---- Markdown

std::string markdown_option(const OptionDescription& option) {
  std::string value;
  if (!option.positional && option.takes_value()) value = " " + option.value;
  std::string help = ended(option.help) + note_of(option);
  for (std::size_t at = 0; (at = help.find('|', at)) != std::string::npos; at += 2) help.insert(at, "\\");
  for (std::size_t at = 0; (at = value.find('|', at)) != std::string::npos; at += 2) value.insert(at, "\\");
  return fmt::format("| `{}{}` | {} |\n", all_names(option), value, help);
}

std::string markdown_command(const CommandDescription& command) {
  std::string out = fmt::format("\n## veil {}\n\n{}\n\n    {}\n\n| | |\n|---|---|\n", command.name, ended(command.help),
                                command.usage());
  for (const OptionDescription& option : command.options) out += markdown_option(option);
  const std::size_t example = command.footer.find("\n  ");
  if (example != std::string::npos) out += "\n    " + command.footer.substr(example + 3) + "\n";
  return out;
}

template <std::size_t kCount>
std::string markdown_topics(const char* heading, const Topic (&topics)[kCount]) {
  std::string out = fmt::format("\n## {}\n\n| | |\n|---|---|\n", heading);
  for (const Topic& topic : topics) out += fmt::format("| `{}` | {} |\n", topic.name, topic.text);
  return out;
}

}  // namespace

std::string manual_page(const ProgramDescription& program) {
  std::string out = fmt::format(
      ".\\\" Made by `veil man`; do not edit.\n.TH VEIL 1 \"\" \"veil {}\" \"User Commands\"\n", VEIL_VERSION);
  out += ".SH NAME\nveil \\- " + roff("prove in zero knowledge what a machine-learning model decided") +
         "\n.SH SYNOPSIS\n";
  for (const CommandDescription& command : program.commands) out += "\\fB" + roff(command.usage()) + "\\fR\n.br\n";
  out += ".SH DESCRIPTION\n" + roff_line(program.program.help);
  out += roff_line("Every command prints one JSON object instead of text where it is told \"--json\".");
  for (const OptionDescription& option : program.program.options) out += roff_option(option);
  out += ".SH COMMANDS\n";
  for (const CommandDescription& command : program.commands) out += roff_command(command);
  out += roff_topics("\"EXIT STATUS\"", kExitCodes) + roff_topics("FILES", kFiles) +
         roff_topics("ENVIRONMENT", kEnvironment);
  return out + ".SH EXAMPLES\n" + roff_example(program.program.footer);
}

std::string manual_document(const ProgramDescription& program) {
  std::string out =
      "# The program veil\n\nMade by `veil man --markdown > docs/cli.md`; the same as a page for man(1): `veil man`.\n";
  for (const CommandDescription& command : program.commands) out += markdown_command(command);
  return out + markdown_topics("Exit codes", kExitCodes) + markdown_topics("Files", kFiles) +
         markdown_topics("Environment", kEnvironment);
}

}  // namespace veil::cli
