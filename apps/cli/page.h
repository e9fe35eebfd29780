// The page of an evaluation around its data; made by the build from evaluation.html and the plotting library.
#pragma once

#include <string_view>

namespace veil::cli {

extern const std::string_view kPageBeforeData;
extern const std::string_view kPageAfterData;

}  // namespace veil::cli
