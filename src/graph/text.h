// Names from files in messages: quoted, short, and safe to print.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"

namespace veil {

bool is_utf8(std::string_view text);
inline constexpr std::size_t kMaxQuotedBytes = 80;
// 'name', cut at a length, control characters and bytes that are not UTF-8 as '?'.
std::string quote(std::string_view name, std::size_t limit_bytes = kMaxQuotedBytes);
inline std::string quote_path(std::string_view path) { return quote(path, 4096); }
inline std::string quoted(std::string_view name) { return quote(name); }  // where <iomanip>'s quoted is not in sight
std::string joined(const std::vector<std::string>& parts, std::string_view separator = ", ");
std::string shape_text(const GraphShape& shape);  // (1, 20)
std::string node_text(const Node& node);          // operator 'Gemm' (node 'fc1')

}  // namespace veil
