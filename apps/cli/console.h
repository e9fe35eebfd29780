// The terminal: progress and notes on stderr, results on stdout.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/outcome.h"
#include "service/words.h"

namespace veil::cli {

// A line on stderr that the next one overwrites; only where stderr is a terminal.
class Progress {
 public:
  Progress();
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(std::string_view stage, double done);  // done: 0 .. 1
  void clear();

 private:
  bool enabled_;
  bool shown_ = false;
  std::string line_;
};

// For all of this process (--quiet). Notes stay: each says that what was done may not be what was meant.
void show_no_progress();

// A remark for the user that is no result and no error.
void note(std::string_view sentence);

// Prints a result as the user asked for it; returns the exit code of the process.
int print_outcome(const Result<Outcome>& outcome, bool as_json);

std::uint64_t peak_rss_bytes();

}  // namespace veil::cli
