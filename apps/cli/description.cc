#include "cli/description.h"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace veil::cli {

namespace {

// Of a type "TEXT:{hidden,public}" what stands in the braces.
std::vector<std::string> choices_of(const std::string& type) {
  const std::size_t begin = type.find('{'), end = type.rfind('}');
  if (begin == std::string::npos || end == std::string::npos) return {};
  return CLI::detail::split(type.substr(begin + 1, end - begin - 1), ',');
}

std::string joined_choices(const std::vector<std::string>& choices) {
  std::string out;
  for (const std::string& choice : choices) out += (out.empty() ? "" : "|") + choice;
  return out;
}

void describe_value(const std::string& type, OptionDescription& out) {
  out.choices = choices_of(type);
  if (!out.choices.empty()) {
    out.kind = ValueKind::kChoice;
    out.value = joined_choices(out.choices);
    return;
  }
  out.value = type.substr(0, type.find_first_of(": "));
  out.kind = out.value == "FILE" ? ValueKind::kFile : out.value == "FOLDER" ? ValueKind::kFolder : ValueKind::kText;
}

OptionDescription describe_option(const CLI::Option& option) {
  OptionDescription out;
  out.positional = option.get_positional();
  if (out.positional) out.names.push_back(option.get_name(true));
  for (const std::string& name : option.get_lnames()) out.names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) out.names.push_back("-" + name);
  out.help = option.get_description();
  out.required = option.get_required();
  out.repeats = option.get_items_expected_max() > 1;
  if (option.get_items_expected_max() > 0) describe_value(option.get_type_name(), out);
  return out;
}

CommandDescription describe_command(const CLI::App& app) {
  CommandDescription out{app.get_name(), app.get_description(), app.get_footer(), {}};
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_group().empty()) out.options.push_back(describe_option(*option));
  }
  return out;
}

}  // namespace

const OptionDescription* CommandDescription::option(const std::string& word) const {
  const std::string called = word.substr(0, word.find('='));
  for (const OptionDescription& option : options) {
    if (std::find(option.names.begin(), option.names.end(), called) != option.names.end()) return &option;
  }
  return nullptr;
}

std::vector<std::string> CommandDescription::option_names() const {
  std::vector<std::string> out;
  for (const OptionDescription& option : options) {
    if (!option.positional) out.insert(out.end(), option.names.begin(), option.names.end());
  }
  return out;
}

std::string CommandDescription::usage() const {
  std::string out = "veil " + name;
  bool more = false;
  for (const OptionDescription& option : options) {
    if (option.positional) out += " " + option.name() + (option.repeats ? "..." : "");
    more = more || (!option.positional && !option.required);
  }
  for (const OptionDescription& option : options) {
    if (!option.positional && option.required) out += " " + option.name() + " " + option.value;
  }
  return out + (more ? " [OPTIONS]" : "");
}

const CommandDescription* ProgramDescription::command(const std::string& name) const {
  const auto found = std::find_if(commands.begin(), commands.end(),
                                  [&](const CommandDescription& command) { return command.name == name; });
  return found == commands.end() ? nullptr : &*found;
}

std::vector<std::string> ProgramDescription::command_names() const {
  std::vector<std::string> out;
  for (const CommandDescription& command : commands) out.push_back(command.name);
  return out;
}

ProgramDescription describe(const CLI::App& app) {
  ProgramDescription out{describe_command(app), {}};
  for (const CLI::App* command : app.get_subcommands([](const CLI::App* each) { return !each->get_group().empty(); })) {
    out.commands.push_back(describe_command(*command));
  }
  return out;
}

}  // namespace veil::cli
