// JSON whose fields keep their order, as all of Veil's reports and statements have it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace veil {

using Json = nlohmann::ordered_json;

// Text of a file that may be no UTF-8 is replaced, not refused. indent -1: one line.
inline std::string json_text(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace veil
