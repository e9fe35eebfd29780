// The program's commands and options as plain data, read from the parser's own description: what mistakes, completion
// and the manual page are made of. Hidden options (of an empty group) are left out.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace veil::cli {

enum class ValueKind { kNone, kText, kFile, kFolder, kChoice };

struct OptionDescription {
  std::vector<std::string> names;  // "--help", "-h"; of a positional one, "MODEL"
  std::string help;
  std::string value;  // "FILE"; of choices "hidden|public"; empty: takes none
  ValueKind kind = ValueKind::kNone;
  std::vector<std::string> choices;
  bool positional = false, required = false;
  bool repeats = false;  // takes any number of values

  const std::string& name() const { return names.front(); }
  bool takes_value() const { return kind != ValueKind::kNone; }
};

struct CommandDescription {
  std::string name, help;
  std::string footer;  // an example
  std::vector<OptionDescription> options;

  // By any of its names; null: there is none. "--out=x" is found as "--out".
  const OptionDescription* option(const std::string& word) const;
  std::vector<std::string> option_names() const;  // not of positional ones
  std::string usage() const;                      // "veil prove PROVER --input FILE --out FILE [OPTIONS]"
};

struct ProgramDescription {
  CommandDescription program;  // its own options
  std::vector<CommandDescription> commands;

  const CommandDescription* command(const std::string& name) const;
  std::vector<std::string> command_names() const;
};

ProgramDescription describe(const CLI::App& app);

}  // namespace veil::cli
