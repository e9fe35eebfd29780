// "Did you mean": the known name nearest to one that is not known.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace veil {

// Characters to insert, leave out, replace or swap with their neighbour to make the one the other, case aside.
std::size_t edit_distance(std::string_view a, std::string_view b);

// Nothing where none is near: a third of the letters may be wrong, or the word may be the beginning of a name. Long
// names and long lists are not searched.
std::optional<std::string> nearest_name(std::string_view word, const std::vector<std::string>& known);

// " (did you mean 'score'?)", or nothing. To follow the word that is not known.
std::string suggestion(std::string_view word, const std::vector<std::string>& known);

}  // namespace veil
