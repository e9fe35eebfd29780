// veil doctor: is this machine fit, and does Veil compute rightly on it? What is wrong is named, with what to do.
#include <fmt/core.h>
#include <fmt/format.h>

#include <filesystem>
#include <thread>

#include "base/cpu.h"
#include "base/random.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/files.h"
#include "cli/kernel_paths.h"
#include "cli/machine.h"
#include "graph/text.h"
#include "parallel/parallel.h"
#include "verify/statement.h"

namespace veil::cli {

namespace {

#if VEIL_THREADS
constexpr std::string_view kParallel = "oneTBB";
#else
constexpr std::string_view kParallel = "none";
#endif
constexpr std::uint64_t kLeastMemoryBytes = 64'000'000;  // a small model's setup and proof

struct Problem {
  std::string what, remedy;  // sentences
};

Json self_test_json(const std::vector<SelfTest>& tests) {
  Json out = Json::array();
  for (const SelfTest& test : tests) {
    out.push_back(Json{{"name", test.name},
                       {"failure", test.failure.empty() ? Json(nullptr) : Json(test.failure)},
                       {"wall_ms", test.wall_ms}});
  }
  return out;
}

// The tests of this process's own kernels: what the doctor starts for each path.
Outcome own_self_test() {
  const std::vector<SelfTest> tests = run_self_tests();
  Outcome out;
  for (const SelfTest& test : tests) {
    if (!test.failure.empty()) out.exit_code = ExitCode::kRejected;
    out.text += fmt::format("{:10} {}\n", test.name, test.failure.empty() ? "right" : test.failure);
  }
  out.json = Json{{"kernels", cpu_level_name(kCpuLevel)}, {"tests", self_test_json(tests)}};
  return out;
}

// Nothing, or why no file can be made here.
std::string try_to_write() {
  constexpr std::size_t kBytes = 1 << 20;
  std::array<std::uint8_t, 8> random{};
  fill_random(random);
  const std::string path = ".veil-doctor-" + to_hex(random);
  const auto saved = save_file(path, Bytes(kBytes, 'v'), true);
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  if (saved.ok()) return "";
  const std::string& message = saved.error().message;
  const std::size_t colon = message.rfind(": ");
  return colon == std::string::npos ? message : message.substr(colon + 2);
}

std::string folder_name() {
  std::error_code error;
  const std::string path = std::filesystem::current_path(error).string();
  return error ? "." : path;
}

void add_kernel_problems(const std::vector<LevelTest>& levels, std::vector<Problem>& out) {
  for (const LevelTest& level : levels) {
    const std::string failure = level.first_failure();
    if (failure.empty()) continue;
    const std::string_view name = cpu_level_name(level.level);
    out.push_back({fmt::format("The kernels {} fail their self-test: {}.", name, failure),
                   level.level == CpuLevel::kPortable
                       ? "Trust no result of this build; install it again, and report the processor and compiler."
                       : "Set VEIL_CPU=portable until that is mended, and report the processor and compiler."});
  }
  const std::string_view forced = forced_cpu_level();
  if (forced.empty() || forced == cpu_level_name(kCpuLevel)) return;
  out.push_back({fmt::format("VEIL_CPU is set to {}, which is not heeded: this machine has no such kernels.",
                             quote(std::string(forced))),
                 "Unset it, or set it to portable, adx or ifma, as the list above allows."});
}

struct Findings {
  std::vector<LevelTest> levels;
  Memory memory;
  std::string folder, write_failure;
  std::vector<Problem> problems;
};

Findings examine() {
  Findings out{test_all_levels(), memory_of_machine(), folder_name(), try_to_write(), {}};
  add_kernel_problems(out.levels, out.problems);
  if (out.memory.available != 0 && out.memory.available < kLeastMemoryBytes) {
    out.problems.push_back({fmt::format("Only {} of memory are free.", size_text(out.memory.available)),
                            "End other programs, or give the container more."});
  }
  if (!out.write_failure.empty()) {
    out.problems.push_back({fmt::format("No file can be written in {}: {}", quote_path(out.folder), out.write_failure),
                            "Go to another folder, or name one by --out."});
  }
  return out;
}

// "used", "slower than ifma", "VEIL_CPU asks for portable", "this machine lacks ADX".
std::string why(const LevelTest& level) {
  if (level.level == kCpuLevel) return "used";
  if (!level.available()) return fmt::format("not used: this machine lacks {}", fmt::join(level.missing, ", "));
  if (level.level < kCpuLevel) return fmt::format("not used: slower than {}", cpu_level_name(kCpuLevel));
  return fmt::format("not used: VEIL_CPU asks for {}", cpu_level_name(kCpuLevel));
}

Json kernels_json(const std::vector<LevelTest>& levels) {
  Json out = Json::array();
  for (const LevelTest& level : levels) {
    const std::string failure = level.first_failure();
    out.push_back(Json{{"name", cpu_level_name(level.level)},
                       {"used", level.level == kCpuLevel},
                       {"why", why(level)},
                       {"missing", level.missing},
                       {"tested", level.available() && !level.untested},
                       {"failure", failure.empty() ? Json(nullptr) : Json(failure)},
                       {"tests", self_test_json(level.tests)}});
  }
  return out;
}

Json doctor_json(const Findings& found) {
  Json problems = Json::array();
  for (const Problem& problem : found.problems) {
    problems.push_back(Json{{"problem", problem.what}, {"remedy", problem.remedy}});
  }
  return Json{{"well", found.problems.empty()},
              {"version", VEIL_VERSION},
              {"protocol", kProtocolVersion},
              {"compiler", compiler_name()},
              {"processor", processor_name()},
              {"kernels", kernels_json(found.levels)},
              {"threads", num_threads()},
              {"cores", std::thread::hardware_concurrency()},
              {"parallel", kParallel},
              {"memory",
               {{"total_bytes", found.memory.total},
                {"available_bytes", found.memory.available},
                {"lockable_bytes", found.memory.lockable},
                {"files_are_memory_mapped", false}}},
              {"folder", {{"path", found.folder}, {"can_be_written", found.write_failure.empty()}}},
              {"problems", problems}};
}

std::string level_text(const LevelTest& level) {
  const std::string name = fmt::format("             {:9}", cpu_level_name(level.level));
  if (level.untested) return fmt::format("{}not tested: no process can be started ({})\n", name, why(level));
  if (!level.available()) return fmt::format("{}{}\n", name, why(level));
  if (const std::string failure = level.first_failure(); !failure.empty()) {
    return fmt::format("{}WRONG: {} ({})\n", name, failure, why(level));
  }
  double wall_ms = 0;
  std::vector<std::string> names;
  for (const SelfTest& test : level.tests) {
    wall_ms += test.wall_ms;
    names.push_back(test.name);
  }
  return fmt::format("{}right: {}, in {:.0f} ms ({})\n", name, joined(names), wall_ms, why(level));
}

std::string doctor_text(const Findings& found) {
  std::string out = fmt::format("veil {}, {}, built by {}\n", VEIL_VERSION, kProtocolVersion, compiler_name());
  const std::string processor = processor_name();
  out += fmt::format("  processor  {}\n", processor.empty() ? "unknown" : printable(processor));
  out += "  kernels    self-test of each path that this processor has\n";
  for (const LevelTest& level : found.levels) out += level_text(level);
  out += fmt::format("  threads    {} (shared by {})\n", num_threads(), kParallel);
  out += fmt::format("  memory     {}, {} free; files are read whole, not mapped\n", size_text(found.memory.total),
                     size_text(found.memory.available));
  out += fmt::format("  folder     {} {}\n", printable(found.folder),
                     found.write_failure.empty() ? "can be written" : "cannot be written");
  for (const Problem& problem : found.problems) {
    out += fmt::format("PROBLEM: {}\n  remedy     {}\n", problem.what, problem.remedy);
  }
  if (found.problems.empty()) out += "All is well.\n";
  return out;
}

}  // namespace

Result<Outcome> run_doctor(const DoctorArguments& arguments) {
  if (arguments.self_test) return own_self_test();
  const Findings found = examine();
  Outcome out;
  out.exit_code = found.problems.empty() ? ExitCode::kDone : ExitCode::kRejected;
  out.json = doctor_json(found);
  out.text = doctor_text(found);
  return out;
}

}  // namespace veil::cli
