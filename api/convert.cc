#include "api/convert.h"

#include <algorithm>
#include <limits>

#include "base/limits.h"

namespace veil::api {

namespace {

// Elements of an array, if its bytes can be counted at all.
std::optional<std::size_t> count_of(const veil_array& array) {
  constexpr std::size_t kMost = std::numeric_limits<std::ptrdiff_t>::max() / sizeof(double);
  std::size_t count = 1;
  for (std::size_t i = 0; i < array.rank; ++i) {
    const std::size_t length = array.lengths[i];
    if (length != 0 && count > kMost / length) return std::nullopt;
    count *= length;
  }
  return count;
}

Result<NamedArray> named_array(const veil_array& array) {
  constexpr std::size_t kMostAxes = 64;
  if (array.rank > kMostAxes) return Error{"An array has more than 64 axes."};
  if (array.rank != 0 && array.lengths == nullptr) return null_pointer();
  const auto count = count_of(array);
  if (!count) return Error{"An array's lengths are larger than memory."};
  if (*count != 0 && array.values == nullptr) return null_pointer();
  NamedArray out;
  if (array.name != nullptr) out.name = array.name;
  for (std::size_t i = 0; i < array.rank; ++i) out.array.shape.push_back(static_cast<std::int64_t>(array.lengths[i]));
  if (*count != 0) out.array.data.assign(array.values, array.values + *count);
  return out;
}

}  // namespace

void write_message(veil_error* error, std::string_view message) noexcept {
  if (error == nullptr) return;
  std::size_t size = std::min(message.size(), sizeof(error->message) - 1);
  while (size < message.size() && size > 0 && (static_cast<unsigned char>(message[size]) & 0xC0) == 0x80) --size;
  std::copy_n(message.data(), size, error->message);
  error->message[size] = 0;
}

Result<std::vector<NamedArray>> named_arrays(std::span<const veil_array> arrays) {
  std::vector<NamedArray> out;
  for (const veil_array& each : arrays) {
    VEIL_TRY(array, named_array(each));
    out.push_back(std::move(array));
  }
  return out;
}

StageCallback stage_callback(veil_progress progress, void* context) {
  return [progress, context](std::string_view stage, double done) {
    if (progress == nullptr) return;
    if (progress(context, std::string(stage).c_str(), done) != 0) throw Stopped();
  };
}

double share_of_proof(std::string_view phase, std::size_t& told, std::size_t slots) {
  constexpr double kMessages = 0.4;
  if (phase == "witness") return 0.0;
  if (phase == "commit") return 0.1;
  if (phase == "pads") return 0.2;
  if (phase == "statement") return kMessages;
  const double share = static_cast<double>(told++) / static_cast<double>(std::max<std::size_t>(slots, 1));
  return kMessages + (1.0 - kMessages) * std::min(share, 1.0);
}

}  // namespace veil::api
