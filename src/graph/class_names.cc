#include "graph/class_names.h"

#include <algorithm>
#include <array>
#include <sstream>
#include <string_view>

#include "graph/text.h"

namespace veil {
namespace {

constexpr std::array<std::string_view, 4> kWithNames = {"ai.onnx.ml:LinearClassifier", "ai.onnx.ml:SVMClassifier",
                                                        "ai.onnx.ml:TreeEnsembleClassifier", "ai.onnx.ml:ZipMap"};

bool is_name(const std::string& name) { return !name.empty() && name.size() <= kMaxQuotedBytes && is_utf8(name); }

}  // namespace

std::vector<std::string> class_names(const Graph& graph) {
  const std::string* found = nullptr;  // a name a line
  for (const Node& node : graph.nodes) {
    if (std::find(kWithNames.begin(), kWithNames.end(), node.op) == kWithNames.end()) continue;
    const auto attribute = node.attributes.find("classlabels_strings");
    if (attribute == node.attributes.end()) continue;
    const auto* names = std::get_if<std::string>(&attribute->second);
    if (names == nullptr || names->empty()) continue;
    if (found != nullptr && *found != *names) return {};
    found = names;
  }
  std::vector<std::string> out;
  if (found == nullptr) return out;
  std::istringstream lines(*found);
  for (std::string name; std::getline(lines, name);) out.push_back(name);
  return std::all_of(out.begin(), out.end(), is_name) ? out : std::vector<std::string>();
}

}  // namespace veil
