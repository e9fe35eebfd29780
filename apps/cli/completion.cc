#include "cli/completion.h"

#include <fmt/core.h>

#include "graph/text.h"

namespace veil::cli {

namespace {

constexpr const char* kMade = "made by `veil completion`; do not edit";

std::string words(const std::vector<std::string>& names) { return joined(names, " "); }

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// The positional option that a word without a name is for; null: the command takes none.
const OptionDescription* positional(const CommandDescription& command) {
  for (const OptionDescription& option : command.options) {
    if (option.positional) return &option;
  }
  return nullptr;
}

// ---- bash: one function; what a value is decides the words.

std::string bash_words(const OptionDescription& option) {
  switch (option.kind) {
    case ValueKind::kFile:
      return "_veil_words -f";
    case ValueKind::kFolder:
      return "_veil_words -d";
    case ValueKind::kChoice:
      return fmt::format("_veil_words -W '{}'", words(option.choices));
    case ValueKind::kNone:
    case ValueKind::kText:
      break;
  }
  return ":";  // any text
}

// "veil setup" and the word before this one.
std::string bash_values(const CommandDescription& command) {
  std::string out;
  for (const OptionDescription& option : command.options) {
    if (option.positional || !option.takes_value()) continue;
    for (const std::string& name : option.names) {
      out += fmt::format("    '{} {}') {}; return ;;\n", command.name, name, bash_words(option));
    }
  }
  return out;
}

std::string bash_command(const CommandDescription& command) {
  const OptionDescription* const file = positional(command);
  return fmt::format("    {})\n      if [[ $cur == -* ]]; then _veil_words -W '{}'; else {}; fi ;;\n", command.name,
                     words(command.option_names()), file == nullptr ? ":" : bash_words(*file));
}

// ---- zsh

std::string zsh_text(std::string text) {
  for (const char* special : {"\\", "[", "]", ":"})
    text = replaced(std::move(text), special, std::string("\\") + special);
  return replaced(std::move(text), "'", "'\\''");
}

std::string zsh_action(const OptionDescription& option) {
  switch (option.kind) {
    case ValueKind::kFile:
      return "_files";
    case ValueKind::kFolder:
      return "_files -/";
    case ValueKind::kChoice:
      return "(" + words(option.choices) + ")";
    case ValueKind::kNone:
    case ValueKind::kText:
      break;
  }
  return " ";
}

std::string zsh_option(const OptionDescription& option) {
  if (option.positional) {
    return fmt::format("        '{}:{}:{}' \\\n", option.repeats ? "*" : "", zsh_text(option.name()),
                       zsh_action(option));
  }
  std::string out;
  for (const std::string& name : option.names) {
    out += fmt::format("        '{}{}[{}]{}' \\\n", option.repeats ? "*" : "", name, zsh_text(option.help),
                       option.takes_value() ? ":" + zsh_text(option.value) + ":" + zsh_action(option) : "");
  }
  return out;
}

// ---- fish

std::string fish_text(std::string text) {
  text = replaced(std::move(text), "\\", "\\\\");
  return "'" + replaced(std::move(text), "'", "\\'") + "'";
}

std::string fish_value(const OptionDescription& option) {
  switch (option.kind) {
    case ValueKind::kNone:
      return "";
    case ValueKind::kFile:
      return " -r -F";
    case ValueKind::kFolder:
      return " -x -a '(__fish_complete_directories)'";
    case ValueKind::kChoice:
      return " -x -a '" + words(option.choices) + "'";
    case ValueKind::kText:
      break;
  }
  return " -x";
}

std::string fish_option(const std::string& condition, const OptionDescription& option) {
  if (option.positional) {
    const bool files = option.kind == ValueKind::kFile;
    return fmt::format("complete -c veil -n {}{}\n", fish_text(condition), files ? " -F" : fish_value(option));
  }
  std::string out = "complete -c veil -n " + fish_text(condition);
  for (const std::string& name : option.names)
    out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  return out + fish_value(option) + " -d " + fish_text(option.help) + "\n";
}

}  // namespace

std::string bash_completion(const ProgramDescription& program) {
  std::string out = fmt::format("# bash completion of veil, {}\n", kMade);
  out +=
      "_veil_words() {  # the words of compgen; files keep their spaces\n"
      "  [[ $1 == -W ]] || compopt -o filenames 2>/dev/null\n"
      "  mapfile -t COMPREPLY < <(compgen \"$@\" -- \"$cur\")\n"
      "}\n"
      "_veil() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}\n"
      "  COMPREPLY=()\n";
  std::vector<std::string> first = program.command_names();
  for (const std::string& name : program.program.option_names()) first.push_back(name);
  out += fmt::format("  if ((COMP_CWORD == 1)); then _veil_words -W '{}'; return; fi\n", words(first));
  out += "  case \"$command $before\" in\n";
  for (const CommandDescription& command : program.commands) out += bash_values(command);
  out += "  esac\n  case $command in\n";
  for (const CommandDescription& command : program.commands) out += bash_command(command);
  return out + "  esac\n}\ncomplete -F _veil veil\n";
}

std::string zsh_completion(const ProgramDescription& program) {
  std::string out = fmt::format(
      "#compdef veil\n# zsh completion of veil, {}\n_veil() {{\n  local -a commands\n  commands=(\n", kMade);
  for (const CommandDescription& command : program.commands) {
    out += fmt::format("    '{}:{}'\n", command.name, zsh_text(command.help));
  }
  out += "  )\n  if ((CURRENT == 2)); then\n    _describe command commands\n    return\n  fi\n";
  out += "  local command=$words[2]\n  shift words\n  ((CURRENT--))\n  case $command in\n";
  for (const CommandDescription& command : program.commands) {
    out += fmt::format("    {})\n      _arguments \\\n", command.name);
    for (const OptionDescription& option : command.options) out += zsh_option(option);
    out += "        ;;\n";
  }
  return out + "  esac\n}\n_veil \"$@\"\n";
}

std::string fish_completion(const ProgramDescription& program) {
  std::string out = fmt::format("# fish completion of veil, {}\ncomplete -c veil -f\n", kMade);
  for (const CommandDescription& command : program.commands) {
    out +=
        fmt::format("complete -c veil -n __fish_use_subcommand -a {} -d {}\n", command.name, fish_text(command.help));
  }
  for (const OptionDescription& option : program.program.options) out += fish_option("__fish_use_subcommand", option);
  for (const CommandDescription& command : program.commands) {
    const std::string condition = "__fish_seen_subcommand_from " + command.name;
    for (const OptionDescription& option : command.options) out += fish_option(condition, option);
  }
  return out;
}

}  // namespace veil::cli
