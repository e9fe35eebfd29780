// Test support: writes a model and runs of it for tests/models/integer_reference.py, the independent evaluator, and
// asks it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "ops/evaluate.h"
#include "quant/rows.h"

namespace veil {

class PythonReference {
 public:
  PythonReference()
      : root_(std::filesystem::path(testing::TempDir()) / ("veil_reference_" + std::to_string(getpid()))) {
    std::filesystem::create_directories(root_);
  }
  ~PythonReference() { std::filesystem::remove_all(root_); }
  PythonReference(const PythonReference&) = delete;
  PythonReference& operator=(const PythonReference&) = delete;

  static bool is_there() { return std::system("python3 -c '' > /dev/null 2>&1") == 0; }

  void add(const QuantisedGraph& graph, const Weights& weights, const std::vector<IntegerRow>& rows) {
    const std::filesystem::path folder = root_ / std::to_string(count_++);
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "graph.json") << quantised_graph_json(graph);
    std::ofstream(folder / "weights.json") << weights_json(graph, weights);
    auto runner = IntegerRunner::create(graph, weights);
    ASSERT_TRUE(runner.ok()) << runner.error().message;
    std::ofstream out(folder / "runs.json");
    for (std::size_t i = 0; i < rows.size(); ++i) {
      ASSERT_TRUE(runner->run(rows[i]).ok());
      const char* claim = graph.claim.empty() ? "null" : runner->claim_holds().value() ? "true" : "false";
      out << (i == 0 ? "[" : ",") << "{\"inputs\":" << text(rows[i]) << ",\"values\":" << text(runner->values())
          << ",\"claim\":" << claim << "}";
    }
    out << "]";
    command_ += " " + folder.string();
  }

  void expect_agreement() const {
    const std::string script = std::string(VEIL_SOURCE_DIR) + "/tests/models/integer_reference.py";
    EXPECT_EQ(std::system(("python3 " + script + command_).c_str()), 0);
  }

 private:
  static std::string text(const std::vector<std::vector<std::int64_t>>& lists) {
    std::string out = "[";
    for (const std::vector<std::int64_t>& list : lists) {
      out += out.size() > 1 ? ",[" : "[";
      for (std::size_t i = 0; i < list.size(); ++i) out += (i == 0 ? "" : ",") + std::to_string(list[i]);
      out += "]";
    }
    return out + "]";
  }

  std::filesystem::path root_;
  std::string command_;
  int count_ = 0;
};

}  // namespace veil
