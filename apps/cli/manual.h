// The manual, made from the program's description: a page for man(1), and the same as a document.
#pragma once

#include <string>

#include "cli/description.h"

namespace veil::cli {

std::string manual_page(const ProgramDescription& program);      // roff, by the macros of man(7)
std::string manual_document(const ProgramDescription& program);  // Markdown

}  // namespace veil::cli
