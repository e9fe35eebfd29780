#include "cli/kernel_paths.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>

#include "service/json.h"

extern char** environ;

namespace veil::cli {

namespace {

constexpr std::chrono::seconds kPatience{30};  // a self-test takes milliseconds

// This environment with VEIL_CPU set to `level`.
class Environment {
 public:
  explicit Environment(std::string_view level) : own_("VEIL_CPU=" + std::string(level)) {
    for (char** entry = environ; *entry != nullptr; ++entry) {
      if (std::strncmp(*entry, "VEIL_CPU=", 9) != 0) entries_.push_back(*entry);
    }
    entries_.push_back(own_.data());
    entries_.push_back(nullptr);
  }
  char** entries() { return entries_.data(); }

 private:
  std::string own_;
  std::vector<char*> entries_;
};

class Pipe {
 public:
  Pipe() { open_ = ::pipe2(ends_.data(), O_CLOEXEC) == 0; }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  bool is_open() const { return open_; }
  int reading() const { return ends_[0]; }
  int writing() const { return ends_[1]; }
  void close_writing() { close_end(1); }

 private:
  void close_end(std::size_t end) {
    if (ends_[end] >= 0) ::close(ends_[end]);
    ends_[end] = -1;
  }

  std::array<int, 2> ends_{-1, -1};
  bool open_ = false;
};

std::optional<pid_t> start(CpuLevel level, int output) {
  std::string words[] = {"veil", "doctor", "--self-test", "--json"};
  char* arguments[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), nullptr};
  Environment environment(cpu_level_name(level));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int error = posix_spawn(&child, "/proc/self/exe", &actions, nullptr, arguments, environment.entries());
  posix_spawn_file_actions_destroy(&actions);
  return error == 0 ? std::optional(child) : std::nullopt;
}

// Everything up to the end; false: the time is up.
bool read_to_end(int from, std::string& out) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  std::array<char, 4096> buffer;
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd wanted{from, POLLIN, 0};
    if (left.count() <= 0 || poll(&wanted, 1, static_cast<int>(left.count())) == 0) return false;
    const ssize_t got = ::read(from, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    out.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return std::string("the self-test was ended by the signal ") + strsignal(WTERMSIG(status));
  return "the self-test ended without a result";
}

void read_result(const std::string& text, int status, LevelTest& out) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("tests") || json["kernels"] != std::string(cpu_level_name(out.level))) {
    out.failure = how_it_ended(status);
    return;
  }
  for (const Json& test : json["tests"]) {
    out.tests.push_back(SelfTest{test["name"], test["failure"].is_null() ? "" : test["failure"], test["wall_ms"]});
  }
}

LevelTest test_level(CpuLevel level) {
  LevelTest out{level, missing_for(level), {}, {}, false};
  if (!out.available()) return out;
  Pipe pipe;
  const auto child = pipe.is_open() ? start(level, pipe.writing()) : std::nullopt;
  if (!child) {
    out.untested = level != kCpuLevel;
    if (!out.untested) out.tests = run_self_tests();  // the path of this very process
    return out;
  }
  pipe.close_writing();
  std::string text;
  const bool in_time = read_to_end(pipe.reading(), text);
  if (!in_time) kill(*child, SIGKILL);
  int status = 0;
  while (waitpid(*child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!in_time) {
    out.failure = "the self-test did not come to an end";
  } else {
    read_result(text, status, out);
  }
  return out;
}

}  // namespace

std::string LevelTest::first_failure() const {
  for (const SelfTest& test : tests) {
    if (!test.failure.empty()) return test.name + ": " + test.failure;
  }
  return failure;
}

std::vector<LevelTest> test_all_levels() {
  std::vector<LevelTest> out;
  for (const CpuLevel level : {CpuLevel::kPortable, CpuLevel::kAdx, CpuLevel::kIfma}) out.push_back(test_level(level));
  return out;
}

}  // namespace veil::cli
