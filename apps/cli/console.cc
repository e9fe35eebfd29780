#include "cli/console.h"

#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace veil::cli {

namespace {

bool quiet = false;

// False when standard output could not take all of it (a full disk, a closed pipe).
bool print_all(const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
}

int print_error(const std::string& message, bool as_json) {
  const std::string sentence = whole_sentence(message);
  if (as_json) {
    const Json json{{"error", sentence}};
    print_all(json_text(json) + "\n");
  } else {
    fmt::print(stderr, "veil: {}\n", sentence);
  }
  return static_cast<int>(ExitCode::kBadInput);
}

}  // namespace

// Not on a terminal that cannot clear a line.
Progress::Progress() : enabled_(isatty(STDERR_FILENO) == 1) {
  const char* const terminal = std::getenv("TERM");
  if (quiet || terminal == nullptr || std::string_view(terminal) == "dumb") enabled_ = false;
}

void show_no_progress() { quiet = true; }

void Progress::show(std::string_view stage, double done) {
  if (!enabled_) return;
  std::string line = fmt::format("{:3.0f}%  {}", 100 * done, stage);
  if (shown_ && line == line_) return;
  line_ = std::move(line);
  fmt::print(stderr, "\r\x1b[K{}", line_);
  std::fflush(stderr);
  shown_ = true;
}

void Progress::clear() {
  if (shown_) fmt::print(stderr, "\r\x1b[K");
  shown_ = false;
}

void note(std::string_view sentence) { fmt::print(stderr, "note: {}\n", sentence); }

int print_outcome(const Result<Outcome>& outcome, bool as_json) {
  if (!outcome.ok()) return print_error(outcome.error().message, as_json);
  const std::string text = as_json ? json_text(outcome->json, 2) + "\n" : outcome->text;
  if (!print_all(text)) return print_error("Cannot write to standard output: it is full or closed.", false);
  return static_cast<int>(outcome->exit_code);
}

// The high-water mark of this program's own memory. getrusage's also counts what the process was before exec: a copy of
// the shell or script that started it.
std::uint64_t peak_rss_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmHWM:", 0) == 0) return std::strtoull(line.c_str() + 6, nullptr, 10) * 1024;
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace veil::cli
