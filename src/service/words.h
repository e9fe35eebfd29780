// Numbers and names from files, for sentences.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace veil {

// Text of any bytes as one JSON string or one quoted word: what is not UTF-8 or not printable becomes '?'.
std::string printable(std::string_view text);
std::string size_text(std::uint64_t size_bytes);  // "38.2 KB"
std::string number_text(double value);            // "0.8125": at most 7 digits
// "the claim ..." -> "The claim ... ."
std::string whole_sentence(std::string text);

}  // namespace veil
