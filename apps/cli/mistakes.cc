#include "cli/mistakes.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

#include "graph/suggest.h"
#include "graph/text.h"

namespace veil::cli {

namespace {

constexpr std::string_view kAnyText = "TEXT";  // may be empty: a context

using Mistake = std::optional<std::string>;  // a sentence

bool looks_like_option(const std::string& word) { return word.size() > 1 && word[0] == '-' && word != "--"; }

std::string see_help(const std::string& command = "") {
  return "; `veil " + command + (command.empty() ? "" : " ") + "--help` shows the usage.";
}

std::string named(const OptionDescription& option) { return option.name() + " (" + option.help + ")"; }

// "A, B and C"
std::string listed(const std::vector<std::string>& parts, std::string_view last = " and ") {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += i + 1 == parts.size() ? last : ", ";
    out += parts[i];
  }
  return out;
}

// Of "-c" the one option that begins with --c.
std::string suggested_option(const CommandDescription& command, const std::string& word) {
  const std::vector<std::string> names = command.option_names();
  if (word.size() != 2) return suggestion(word, names);
  std::vector<std::string> same_letter;
  for (const std::string& name : names) {
    if (name.starts_with("-" + word)) same_letter.push_back(name);
  }
  return same_letter.size() == 1 ? " (did you mean " + quote(same_letter[0]) + "?)" : "";
}

// The words behind a command, as its options take them.
class Walk {
 public:
  Walk(const CommandDescription& command, std::vector<std::string> words)
      : command_(command), words_(std::move(words)) {}

  Mistake mistake() {
    for (at_ = 0; at_ < words_.size(); ++at_) {
      const std::string& word = words_[at_];
      if (!looks_like_option(word)) {
        stray_.push_back(word);
        continue;
      }
      if (Mistake found = take_option(word)) return found;
    }
    return missing_or_too_many();
  }

 private:
  Mistake take_option(const std::string& word) {
    const OptionDescription* option = command_.option(word);
    if (option == nullptr) {
      const std::string name = word.substr(0, word.find('='));
      return "`veil " + command_.name + "` has no option " + quote(name) + suggested_option(command_, name) +
             see_help(command_.name);
    }
    const bool again = ++given_[option] > 1;
    if (again && !option->repeats) return option->name() + " is given more than once.";
    if (!option->takes_value()) return std::nullopt;
    const std::size_t equals = word.find('=');
    if (equals != std::string::npos) return check_value(*option, word.substr(equals + 1));
    if (at_ + 1 == words_.size()) return "a value is missing after " + named(*option) + ".";
    return check_value(*option, words_[++at_]);
  }

  static Mistake check_value(const OptionDescription& option, const std::string& value) {
    const auto& choices = option.choices;
    if (choices.empty() || std::find(choices.begin(), choices.end(), value) != choices.end()) return std::nullopt;
    return option.name() + " takes " + listed(choices, " or ") + ", not " + quote(value) + suggestion(value, choices) +
           ".";
  }

  Mistake missing_or_too_many() const {
    std::vector<std::string> missing;
    std::size_t next = 0;  // of the words without an option
    for (const OptionDescription& option : command_.options) {
      if (option.positional) {
        if (next >= stray_.size() && option.required) missing.push_back(named(option));
        next = option.repeats ? std::max(next, stray_.size()) : next + 1;
      } else if (option.required && !given_.contains(&option)) {
        missing.push_back(named(option));
      }
    }
    const std::string extra = next < stray_.size() ? quote(stray_[next]) + " stands alone: no option takes it" : "";
    if (missing.empty() && extra.empty()) return std::nullopt;
    if (missing.empty()) return extra + "; the usage is `" + command_.usage() + "`.";
    return "`veil " + command_.name + "` needs " + listed(missing) + (extra.empty() ? "" : "; " + extra) +
           see_help(command_.name);
  }

  const CommandDescription& command_;
  std::vector<std::string> words_, stray_;
  std::map<const OptionDescription*, int> given_;
  std::size_t at_ = 0;
};

Mistake unknown_command(const ProgramDescription& program, const std::string& word) {
  std::vector<std::string> names = program.command_names();
  const std::string list = joined(names);
  for (const std::string& name : program.program.option_names()) names.push_back(name);
  return "there is no command " + quote(word) + suggestion(word, names) + "; the commands are " + list + ".";
}

// An option in front of the command.
Mistake misplaced_option(const ProgramDescription& program, const std::string& word) {
  for (const CommandDescription& command : program.commands) {
    if (command.option(word) == nullptr) continue;
    return "the option " + quote(word) + " stands behind the command, as in `veil " + command.name + " ... " + word +
           "`.";
  }
  return "`veil` has no option " + quote(word) + suggestion(word, program.program.option_names()) + see_help();
}

// "--row: takes ..." -> "--row takes ..."
std::string without_colon(std::string text) {
  const std::size_t colon = text.find(": ");
  if (text.starts_with("--") && colon < text.find(' ')) text.erase(colon, 1);
  return text;
}

}  // namespace

std::string misread_value(const ProgramDescription& program, const std::vector<std::string>& words) {
  const CommandDescription* command = words.empty() ? nullptr : program.command(words[0]);
  for (std::size_t i = 1; command != nullptr && i < words.size(); ++i) {
    const OptionDescription* option = looks_like_option(words[i]) ? command->option(words[i]) : nullptr;
    if (option == nullptr || !option->takes_value()) continue;
    const std::size_t equals = words[i].find('=');
    if (equals == std::string::npos && i + 1 == words.size()) break;
    const std::string value = equals == std::string::npos ? words[++i] : words[i].substr(equals + 1);
    if (value.empty() && option->value != kAnyText) {
      return option->name() + " is given an empty value" +
             (option->required ? "." : "; to do without it, leave it out.");
    }
    if (equals != std::string::npos || !looks_like_option(value) || command->option(value) == nullptr) continue;
    return "a value is missing after " + named(*option) + ": " + quote(value) + " is the next option.";
  }
  return "";
}

std::string explain_mistake(const ProgramDescription& program, const std::vector<std::string>& words,
                            const std::string& parser_error) {
  const auto first =
      std::find_if(words.begin(), words.end(), [&](const std::string& word) { return word != "--json"; });
  if (first == words.end()) {
    return "no command is given; the commands are " + joined(program.command_names()) + see_help();
  }
  if (looks_like_option(*first)) return *misplaced_option(program, *first);
  const CommandDescription* command = program.command(*first);
  if (command == nullptr) return *unknown_command(program, *first);
  const Mistake found = Walk(*command, {first + 1, words.end()}).mistake();
  return found ? *found : without_colon(parser_error) + see_help(command->name);
}

}  // namespace veil::cli
