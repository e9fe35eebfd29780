#include "graph/windows.h"

#include <algorithm>
#include <utility>

#include "graph/shape.h"
#include "graph/text.h"

namespace veil {

namespace {

constexpr std::int64_t kMaxLength = std::int64_t{1} << 28;
constexpr std::int64_t kMaxReads = std::int64_t{1} << 36;  // of one channel

GraphShape spatial_axes(const GraphShape& shape) { return GraphShape(shape.begin() + 2, shape.end()); }

// A list attribute with one number an axis (times `sides`), each from `least` on; left out: `otherwise` everywhere.
Result<GraphShape> numbers(const Call& call, const std::string& name, std::size_t count, std::int64_t least,
                           std::int64_t otherwise) {
  VEIL_TRY(list, call.integers(name));
  if (list.empty()) return GraphShape(count, otherwise);
  if (list.size() != count) return Error{"its '" + name + "' does not fit its number of axes"};
  for (const std::int64_t number : list) {
    if (number < least || number > kMaxLength) return Error{"its '" + name + "' is out of bounds"};
  }
  return list;
}

struct Padding {
  std::string automatic;  // NOTSET, VALID, SAME_UPPER, SAME_LOWER
  GraphShape pads;        // begins, then ends
  bool is_same() const { return automatic == "SAME_UPPER" || automatic == "SAME_LOWER"; }
};

Result<Padding> padding_of(const Call& call, std::size_t dims) {
  VEIL_TRY(automatic, call.word("auto_pad", "NOTSET"));
  if (automatic != "NOTSET" && automatic != "VALID" && automatic != "SAME_UPPER" && automatic != "SAME_LOWER") {
    return Error{"its 'auto_pad' is not one of NOTSET, VALID, SAME_UPPER, SAME_LOWER"};
  }
  VEIL_TRY(pads, numbers(call, "pads", 2 * dims, 0, 0));
  if (automatic == "VALID") std::fill(pads.begin(), pads.end(), 0);
  return Padding{automatic, pads};
}

Result<Windows> windows_over(const Call& call, GraphShape kernel) {
  const GraphShape& shape = call.shape(0);
  if (shape.size() < 3 || shape.size() > 6)
    return Error{"its input of shape " + shape_text(shape) + " has no 1 to 4 spatial axes"};
  const std::size_t dims = shape.size() - 2;
  if (kernel.size() != dims) return Error{"its kernel does not fit its number of axes"};
  Windows w;
  w.in = spatial_axes(shape);
  w.kernel = std::move(kernel);
  VEIL_TRY(strides, numbers(call, "strides", dims, 1, 1));
  VEIL_TRY(dilations, numbers(call, "dilations", dims, 1, 1));
  w.strides = strides;
  w.dilations = dilations;
  return w;
}

// Windows and kernels that a file makes up must not take forever.
Status check_work(const GraphShape& windows, const GraphShape& kernel) {
  const auto count = element_count(windows);
  const auto positions = element_count(kernel);
  if (!count || !positions || *count * *positions > kMaxReads) return Error{"its windows are too many or too large"};
  return Done{};
}

// Fills out, begins and ends.
Status place_windows(const Call& call, Windows& w) {
  const std::size_t dims = w.in.size();
  VEIL_TRY(padding, padding_of(call, dims));
  VEIL_TRY(round_up, call.integer("ceil_mode", 0));
  for (std::size_t d = 0; d < dims; ++d) {
    if (w.kernel[d] < 1 || w.kernel[d] > kMaxLength) return Error{"its kernel is out of bounds"};
    const std::int64_t reach = (w.kernel[d] - 1) * w.dilations[d] + 1;
    if (padding.is_same()) {
      w.out.push_back((w.in[d] + w.strides[d] - 1) / w.strides[d]);
      const std::int64_t total = std::max<std::int64_t>((w.out[d] - 1) * w.strides[d] + reach - w.in[d], 0);
      const std::int64_t less = total / 2;
      w.begins.push_back(padding.automatic == "SAME_LOWER" ? total - less : less);
      w.ends.push_back(total - w.begins[d]);
      continue;
    }
    w.begins.push_back(padding.pads[d]);
    w.ends.push_back(padding.pads[dims + d]);
    const std::int64_t room = w.in[d] + w.begins[d] + w.ends[d] - reach;
    if (room < 0) return Error{"its kernel is larger than its padded input"};
    std::int64_t count = room / w.strides[d] + 1;
    if (round_up != 0 && room % w.strides[d] != 0 && count * w.strides[d] < w.in[d] + w.begins[d]) ++count;
    w.out.push_back(count);
  }
  return check_work(w.out, w.kernel);
}

// The windows along axis d, from and to (excluded), that read inside the input at this offset.
std::pair<std::int64_t, std::int64_t> inside_of(const Windows& w, std::size_t d, std::int64_t offset) {
  const std::int64_t stride = w.strides[d];
  const std::int64_t begin = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
  const std::int64_t room = w.in[d] - 1 - offset;
  return {begin, room < 0 ? 0 : std::min(w.out[d], room / stride + 1)};
}

// A pool has nothing to say of a window with no element at all.
Status check_no_window_is_empty(const Windows& w) {
  for (std::size_t d = 0; d < w.in.size(); ++d) {
    for (std::int64_t o = 0; o < w.out[d]; ++o) {
      const std::int64_t start = o * w.strides[d] - w.begins[d];
      const std::int64_t skipped = start >= 0 ? 0 : (-start + w.dilations[d] - 1) / w.dilations[d];
      if (skipped >= w.kernel[d] || start + skipped * w.dilations[d] >= w.in[d]) {
        return Error{"one of its windows holds nothing but padding"};
      }
    }
  }
  return Done{};
}

}  // namespace

WindowWalk::WindowWalk(const Windows& w, std::size_t kernel_position)
    : windows_(w), offsets_(w.in.size()), length_(static_cast<std::size_t>(w.out.back())) {
  auto position = static_cast<std::int64_t>(kernel_position);
  for (std::size_t d = w.in.size(); d-- > 0; position /= w.kernel[d]) {
    offsets_[d] = position % w.kernel[d] * w.dilations[d] - w.begins[d];
  }
  const auto inside = inside_of(w, w.in.size() - 1, offsets_.back());
  begin_ = static_cast<std::size_t>(inside.first);
  end_ = static_cast<std::size_t>(inside.second);
}

Stretch WindowWalk::row_stretch(std::size_t row, std::size_t first, std::size_t last) const {
  const std::size_t start = row * length_;
  const std::size_t begin = std::max(begin_, first > start ? first - start : 0);
  const std::size_t end = std::min(end_, last - start);
  if (begin >= end) return {};
  const Windows& w = windows_;
  const std::size_t last_axis = w.in.size() - 1;
  std::int64_t place = static_cast<std::int64_t>(begin) * w.strides[last_axis] + offsets_[last_axis];
  std::int64_t step = w.in[last_axis];
  auto rest = static_cast<std::int64_t>(row);
  for (std::size_t d = last_axis; d-- > 0; rest /= w.out[d]) {
    const std::int64_t at = rest % w.out[d] * w.strides[d] + offsets_[d];
    if (at < 0 || at >= w.in[d]) return {};
    place += at * step;
    step *= w.in[d];
  }
  return {start + begin - first, static_cast<std::size_t>(place), static_cast<std::size_t>(w.strides[last_axis]),
          end - begin};
}

std::vector<double> window_counts(const Windows& w, bool with_padding) {
  std::vector<double> counts{1.0};
  for (std::size_t d = 0; d < w.in.size(); ++d) {
    std::vector<double> next;
    for (const double others : counts) {
      for (std::int64_t o = 0; o < w.out[d]; ++o) {
        double count = 0;
        for (std::int64_t k = 0; k < w.kernel[d]; ++k) {
          const std::int64_t at = o * w.strides[d] + k * w.dilations[d] - w.begins[d];
          if (with_padding ? at < w.in[d] + w.ends[d] : at >= 0 && at < w.in[d]) ++count;
        }
        next.push_back(others * count);
      }
    }
    counts = std::move(next);
  }
  return counts;
}

std::vector<double> place_numbers(const Windows& windows, bool by_columns) {
  GraphShape strides = strides_of(windows.in);
  std::int64_t stride = 1;
  for (std::size_t d = 0; d < strides.size() && by_columns; ++d) {
    strides[d] = stride;
    stride *= windows.in[d];
  }
  std::vector<double> numbers;
  walk(windows.in, std::array{strides}, [&](const auto& at) { numbers.push_back(static_cast<double>(at[0])); });
  return numbers;
}

Result<Windows> convolution_windows(const Call& call) {
  if (call.shape(1).size() < 3)
    return Error{"its weights of shape " + shape_text(call.shape(1)) + " have no kernel axes"};
  VEIL_TRY(w, windows_over(call, spatial_axes(call.shape(1))));
  VEIL_TRY_STATUS(place_windows(call, w));
  return w;
}

Result<Windows> pool_windows(const Call& call) {
  VEIL_TRY(kernel, call.integers("kernel_shape"));
  if (kernel.empty()) return Error{"its 'kernel_shape' is missing"};
  VEIL_TRY(w, windows_over(call, kernel));
  VEIL_TRY_STATUS(place_windows(call, w));
  VEIL_TRY_STATUS(check_no_window_is_empty(w));
  return w;
}

Result<Windows> transposed_windows(const Call& call) {
  if (call.shape(1).size() < 3)
    return Error{"its weights of shape " + shape_text(call.shape(1)) + " have no kernel axes"};
  VEIL_TRY(w, windows_over(call, spatial_axes(call.shape(1))));
  const std::size_t dims = w.in.size();
  VEIL_TRY(padding, padding_of(call, dims));
  VEIL_TRY(extra, numbers(call, "output_padding", dims, 0, 0));
  VEIL_TRY(wanted, numbers(call, "output_shape", dims, 1, 0));
  w.out = w.in;  // one window an input element
  for (std::size_t d = 0; d < dims; ++d) {
    const std::int64_t reach = (w.kernel[d] - 1) * w.dilations[d] + 1;
    const std::int64_t whole = (w.out[d] - 1) * w.strides[d] + extra[d] + reach;
    std::int64_t length = wanted[d];
    // Where a kernel is shorter than its stride, SAME ends with the last kernel.
    if (length == 0)
      length = padding.is_same() ? std::min(w.out[d] * w.strides[d], whole)
                                 : whole - padding.pads[d] - padding.pads[dims + d];
    if (length < 1 || length > kMaxLength) return Error{"its output has no possible length"};
    if (wanted[d] != 0 || padding.is_same()) {
      const std::int64_t total = std::max<std::int64_t>(whole - length, 0);
      w.begins.push_back(padding.automatic == "SAME_UPPER" ? total / 2 : total - total / 2);
      w.ends.push_back(total - w.begins[d]);
    } else {
      w.begins.push_back(padding.pads[d]);
      w.ends.push_back(padding.pads[dims + d]);
    }
    w.in[d] = length;
  }
  VEIL_TRY_STATUS(check_work(w.out, w.kernel));
  return w;
}

}  // namespace veil
