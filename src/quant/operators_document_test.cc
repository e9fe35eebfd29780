// docs/operators.md is what the code knows. VEIL_WRITE_DOCS=1 writes it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "graph/operator.h"
#include "quant/plan.h"

namespace veil {
namespace {

std::string kind_of(const Operator& op) {
  if (op.expand != nullptr && op.run == nullptr) return "written with others";
  return has_plan_rule(op.name) ? "proven" : "folded";
}

std::string attributes_of(const Operator& op) {
  std::istringstream words{std::string(op.attributes)};
  std::string list;
  for (std::string word; words >> word;) list += (list.empty() ? "`" : ", `") + word + "`";
  return list;
}

std::string document() {
  std::string text =
      "# Operators\n\n"
      "Made from the code by `VEIL_WRITE_DOCS=1 build/release/quant_test`, and compared with it by the tests.\n\n"
      "- *proven*: has integers and constraints of its own ([semantics.md](semantics.md)).\n"
      "- *written with others*: replaced by such operators before anything is quantised.\n"
      "- *folded*: computed in advance where its inputs are constants or shapes; refused where they are data.\n\n"
      "Attributes that are not listed are refused by name. A form that has no proof is refused by a sentence that "
      "names\n"
      "the operator and its node.\n\n"
      "| operator | inputs | attributes | |\n|---|---|---|---|\n";
  for (const Operator* op : all_operators()) {
    const std::string most = op->max_inputs == kAnyInputs ? "any" : std::to_string(op->max_inputs);
    const std::string least = std::to_string(op->min_inputs);
    text += "| " + std::string(op->name) + " | " + (least == most ? most : least + " to " + most) + " | " +
            attributes_of(*op) + " | " + kind_of(*op) + " |\n";
  }
  return text;
}

TEST(OperatorsDocument, IsWhatTheCodeKnows) {
  const std::string path = std::string(VEIL_SOURCE_DIR) + "/docs/operators.md";
  if (std::getenv("VEIL_WRITE_DOCS") != nullptr) std::ofstream(path) << document();
  std::stringstream written;
  written << std::ifstream(path).rdbuf();
  EXPECT_EQ(written.str(), document()) << "run VEIL_WRITE_DOCS=1 build/release/quant_test";
}

}  // namespace
}  // namespace veil
