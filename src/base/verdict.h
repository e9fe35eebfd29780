// The outcome of a cryptographic or structural check: accepted, or the name of the check that failed.
#pragma once

#include <string>
#include <utility>

namespace veil {

class [[nodiscard]] Verdict {
 public:
  static Verdict accept() { return Verdict(); }
  // `name` is a stable identifier such as "open/rows"; `detail` may say where.
  static Verdict reject(std::string name, std::string detail = {}) {
    Verdict verdict;
    verdict.name_ = std::move(name);
    verdict.detail_ = std::move(detail);
    return verdict;
  }

  bool accepted() const { return name_.empty(); }
  const std::string& name() const { return name_; }
  const std::string& detail() const { return detail_; }

 private:
  std::string name_;
  std::string detail_;
};

}  // namespace veil
