#include "graph/suggest.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "graph/text.h"

namespace veil {

namespace {

constexpr std::size_t kMaxLength = 64;     // of a name
constexpr std::size_t kMaxNames = 20'000;  // of a list; 64 x 64 steps each
constexpr std::size_t kLeastBeginning = 3;

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

bool begins_with(std::string_view text, std::string_view beginning) {
  return text.size() >= beginning.size() && std::equal(beginning.begin(), beginning.end(), text.begin(),
                                                       [](char a, char b) { return lower(a) == lower(b); });
}

// Nothing: too far.
std::optional<std::size_t> distance_if_near(std::string_view word, std::string_view name) {
  if (word.size() > kMaxLength || name.size() > kMaxLength || word == name) return std::nullopt;
  if (word.size() >= kLeastBeginning && begins_with(name, word))
    return std::min<std::size_t>(1, name.size() - word.size());
  const std::size_t allowed = std::max(word.size(), name.size()) / 3;
  const std::size_t apart = word.size() > name.size() ? word.size() - name.size() : name.size() - word.size();
  if (apart > allowed) return std::nullopt;
  const std::size_t distance = edit_distance(word, name);
  return distance <= allowed ? std::optional(distance) : std::nullopt;
}

}  // namespace

// Row by row: at[j] is the distance of a's first i characters from b's first j. A swap looks back two rows.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), at(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) at[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(before, last);
    std::swap(last, at);
    at[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const char left = lower(a[i - 1]), right = lower(b[j - 1]);
      at[j] = std::min({last[j] + 1, at[j - 1] + 1, last[j - 1] + (left == right ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && left == lower(b[j - 2]) && right == lower(a[i - 2]);
      if (swapped) at[j] = std::min(at[j], before[j - 2] + 1);
    }
  }
  return at[b.size()];
}

std::optional<std::string> nearest_name(std::string_view word, const std::vector<std::string>& known) {
  std::optional<std::string> best;
  std::size_t least = 0;
  if (known.size() > kMaxNames) return best;
  for (const std::string& name : known) {
    const auto distance = distance_if_near(word, name);
    if (!distance || (best && *distance >= least)) continue;
    best = name;
    least = *distance;
  }
  return best;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& known) {
  const auto name = nearest_name(word, known);
  return name ? " (did you mean " + quote(*name) + "?)" : "";
}

}  // namespace veil
